// IdleBackends: connections whose session has ended in order, for the next session of this process.
//
// put() takes the user off (UNAUTHENTICATE) and keeps the connection; where that is not possible
// or not safe (Backend::unauthenticate) it logs out. At most kMaxKept are kept, each for at most
// backend_reuse_timeout: at the other end each is a process. take() gives one that has said nothing
// since; one that died or said BYE is closed, and nobody hears of it. One thread.
#ifndef ROOKERY_IMAP_BACKEND_IDLE_BACKENDS_H
#define ROOKERY_IMAP_BACKEND_IDLE_BACKENDS_H

#include <memory>
#include <string>
#include <vector>

#include "imap/backend/backend.h"
#include "lib/base/clock.h"

namespace rookery::backend {

class IdleBackends {
 public:
    static constexpr size_t kMaxKept = 4;

    // config must outlive the object.
    explicit IdleBackends(const config::Config& config) : config_(config) {}
    void put(std::unique_ptr<Backend> backend);
    // Null if there is none to that server.
    std::unique_ptr<Backend> take(const std::string& server);
    // Logs out where nobody came in time; gives when the next is due.
    Deadline close_expired();

 private:
    struct Kept {
        std::unique_ptr<Backend> backend;
        Deadline until;
    };
    const config::Config& config_;
    std::vector<Kept> kept_;  // oldest first
};

}  // namespace rookery::backend

#endif
