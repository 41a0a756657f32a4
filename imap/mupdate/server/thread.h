// Thread: one POSIX thread with a stack of known size, joined when it goes out of scope.
//
// start() makes it with all signals blocked. Codes: io. The owner must make the thread's function
// end before join() or destruction.
#ifndef ROOKERY_IMAP_MUPDATE_SERVER_THREAD_H
#define ROOKERY_IMAP_MUPDATE_SERVER_THREAD_H

#include <pthread.h>

#include <functional>
#include <memory>

#include "lib/base/result.h"

namespace rookery::mupdate {

class Thread {
 public:
    static constexpr size_t kStackSize = 1 << 20;

    Thread() = default;
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;
    ~Thread() { join(); }

    Status start(std::function<void()> run);
    void join();

 private:
    pthread_t thread_{};
    std::unique_ptr<std::function<void()>> run_;  // its address is the thread's argument
};

}  // namespace rookery::mupdate

#endif
