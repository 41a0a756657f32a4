// Wake-ups between processes of one server: Unix datagram sockets at
// <directory>/<topic>/<pid>.<n>, and what each datagram says, a few bytes.
//
// Who waits binds one socket, under as many topics as it likes: the further ones are hard links to
// it, so that it has one descriptor whatever it waits for. Who has changed something sends to all
// that are there, and removes those that nobody holds any more. Hints only: a lost one costs a look
// that comes later, so nothing here fails loudly. A socket holds some datagrams (queue()); where
// more came at once, others may have been lost. Paths are shorter than kMaxSocketPath.
// Codes of bind and add: io, denied, limit (path too long). Thread rule: one thread.
#ifndef ROOKERY_LIB_NET_WAKEUPS_H
#define ROOKERY_LIB_NET_WAKEUPS_H

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::net {

inline constexpr size_t kMaxSocketPath = 100;
inline constexpr size_t kMaxWakeup = 600;  // bytes of a datagram; what is longer is cut
inline constexpr size_t kQueue = 10;       // what a socket holds where the system does not tell
inline constexpr size_t kMaxQueue = 1000;  // more than that are not taken at once

class WakeupSocket {
 public:
    // topic: the name of a folder, without '/'.
    static Result<WakeupSocket> bind(std::string directory, std::string_view topic);
    WakeupSocket(WakeupSocket&& other) noexcept = default;
    WakeupSocket& operator=(WakeupSocket&& other) = delete;
    ~WakeupSocket();

    Status add(std::string_view topic);
    void remove(std::string_view topic);
    int fd() const { return fd_.get(); }
    // What has come, in order, queue() + 1 at most. More than queue(): something may be missing,
    // and more may be there.
    std::vector<std::string> take() const;
    size_t queue() const { return queue_; }

 private:
    WakeupSocket(Fd fd, std::string directory, std::string name);
    std::string path_in(std::string_view topic) const;
    void leave(std::string_view topic) const;

    Fd fd_;
    size_t queue_;
    std::string directory_;
    std::string name_;  // "<pid>.<n>"
    std::set<std::string, std::less<>> topics_;
};

// Tells all that wait for the topic.
void wake(const std::string& directory, std::string_view topic, std::string_view what);
// Is anybody waiting for it? Maybe one who has gone.
bool has_waiters(const std::string& directory, std::string_view topic);

}  // namespace rookery::net

#endif
