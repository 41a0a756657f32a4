// Wake-ups between the sessions of one mailbox: Unix datagram sockets under
// <configdirectory>/socket/idle/<hash of the name>/<pid>.<n>.
//
// A session that waits binds one; whoever changed the mailbox sends an empty datagram to each that
// is there and removes those that nobody holds any more. Hints only: a lost one costs a wait of
// imapidlepoll, nothing else, so nothing here fails loudly. Paths are shorter than kMaxSocketPath.
// Codes of bind: io, denied, limit (path too long). Thread rule: one thread.
#ifndef ROOKERY_IMAP_STORE_WAKEUP_H
#define ROOKERY_IMAP_STORE_WAKEUP_H

#include <cstdint>
#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::store {

inline constexpr size_t kMaxSocketPath = 100;

class WakeupSocket {
 public:
    static Result<WakeupSocket> bind(const std::string& directory, uint64_t mailbox);
    WakeupSocket(WakeupSocket&& other) noexcept = default;
    WakeupSocket& operator=(WakeupSocket&& other) = delete;
    ~WakeupSocket();

    int fd() const { return fd_.get(); }
    void drain() const;

 private:
    WakeupSocket(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    Fd fd_;
    std::string path_;
};

// Wakes all that wait for this mailbox. directory: <configdirectory>/socket/idle.
void wake(const std::string& directory, uint64_t mailbox);

}  // namespace rookery::store

#endif
