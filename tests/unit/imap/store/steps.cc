// The calls, in front of the C library's.
#include "tests/unit/imap/store/steps.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

namespace {

using rookery::test::Fault;

// What happens at the step number `left` of this process.
Fault fault = Fault::none;
int left = 0;
int synced = 0;

bool strikes()
{
    if (fault == Fault::none || left-- > 0) return false;
    if (fault == Fault::dies) ::_exit(rookery::test::kDied);
    if (fault == Fault::fails_once) fault = Fault::none;
    errno = EIO;
    return true;
}

int sync_step()
{
    ++synced;
    return strikes() ? -1 : 0;
}

}  // namespace

extern "C" {
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset)
{
    return strikes() ? -1 : ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}
// No test here cuts the power, so none waits for the disk.
int fsync(int)
{
    return sync_step();
}
int fdatasync(int)
{
    return sync_step();
}
int syncfs(int) noexcept
{
    return sync_step();
}
int linkat(int from, const char* name, int to, const char* new_name, int flags) noexcept
{
    if (strikes()) return -1;
    return static_cast<int>(::syscall(SYS_linkat, from, name, to, new_name, flags));
}
int unlinkat(int directory, const char* name, int flags) noexcept
{
    if (strikes()) return -1;
    return static_cast<int>(::syscall(SYS_unlinkat, directory, name, flags));
}
}

namespace rookery::test {

int in_child(Fault what, int step, const std::function<bool()>& work)
{
    const pid_t child = ::fork();
    if (child == 0) {
        fault = what;
        left = step;
        const bool good = work();
        const bool reached = left < 0;
        ::_exit(reached ? (good ? 1 : 2) : 0);
    }
    int status = 0;
    ck_assert(::waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

void at_each_step(Fault what, const std::function<bool(int step)>& run)
{
    constexpr int kMost = 200;
    constexpr int kLeast = 10;
    int step = 0;
    while (run(step)) ck_assert_msg(++step < kMost, "no end of steps");
    ck_assert_msg(step > kLeast, "%d steps only with fault %d", step, static_cast<int>(what));
}

void end_faults()
{
    fault = Fault::none;
}

int syncs()
{
    return synced;
}

}  // namespace rookery::test
