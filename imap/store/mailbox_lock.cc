// flock with a bounded wait: asked again after short, growing pauses.
#include "imap/store/mailbox_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace rookery::store {

Status lock_descriptor(int fd, bool exclusive, Milliseconds wait)
{
    constexpr long kFirstPause = 50'000;  // nanoseconds
    constexpr long kLongestPause = 5'000'000;
    Deadline deadline = Deadline::after(wait);
    int operation = (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
    for (long pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
        if (::flock(fd, operation) == 0) return success();
        if (errno != EWOULDBLOCK && errno != EINTR) return errno_error("flock");
        if (deadline.passed()) return Error{Code::busy, "mailbox is locked"};
        timespec t{0, pause};
        ::nanosleep(&t, nullptr);
    }
}

Result<MailboxLock> MailboxLock::take(int directory, Milliseconds wait, bool create)
{
    int flags = O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0);
    for (;;) {
        int fd = ::openat(directory, kLockName, flags, 0600);
        if (fd < 0) return errno_error(kLockName);
        MailboxLock lock{Fd(fd)};
        TRY(lock_descriptor(fd, true, wait));
        // Another may have removed the file while this waited for it.
        struct stat st {};
        if (::fstat(fd, &st) != 0) return errno_error(kLockName);
        if (st.st_nlink > 0) return lock;
    }
}

Result<MailboxLock> MailboxLock::take_file(const std::string& path, Milliseconds wait)
{
    TRY_ASSIGN(Fd fd, open_file(path, O_RDWR | O_CREAT));
    TRY(lock_descriptor(fd.get(), true, wait));
    return MailboxLock(std::move(fd));
}

}  // namespace rookery::store
