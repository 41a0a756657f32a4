// MailboxLock: the right to change a mailbox; and the shared lock by which expunged files stay.
//
// Both are flock(2) locks, which end with the process that holds them. A MailboxLock is exclusive,
// on its own file, and waits for a bounded time (Code::busy). The other is on the index,
// shared by each open view; whoever gets it exclusively knows that no view is open. Held for as
// long as the object, or the descriptor, lives. Codes: busy, io, not_found.
#ifndef ROOKERY_IMAP_STORE_MAILBOX_LOCK_H
#define ROOKERY_IMAP_STORE_MAILBOX_LOCK_H

#include <string>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::store {

inline constexpr const char* kLockName = "rookery.lock";

class MailboxLock {
 public:
    // Takes the lock of the mailbox in directory. create: make the lock file if there is none.
    static Result<MailboxLock> take(int directory, Milliseconds wait, bool create);
    // The same for any file, which is made if missing.
    static Result<MailboxLock> take_file(const std::string& path, Milliseconds wait);

    int fd() const { return fd_.get(); }

 private:
    explicit MailboxLock(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

// flock with a bounded wait. shared or exclusive.
Status lock_descriptor(int fd, bool exclusive, Milliseconds wait);

}  // namespace rookery::store

#endif
