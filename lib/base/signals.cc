// Signals as flags.
#include "config.h"

#include "lib/base/signals.h"

#include <errno.h>
#include <signal.h>

#include <atomic>

namespace rookery::signals {
namespace {

constexpr int kHandled[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCHLD, SIGUSR1};

volatile sig_atomic_t terminate_flag = 0;
volatile sig_atomic_t hangup_flag = 0;
volatile sig_atomic_t child_flag = 0;
volatile sig_atomic_t user1_flag = 0;
sigset_t unblocked;
bool installed = false;

extern "C" void rookery_on_signal(int number)
{
    switch (number) {
        case SIGHUP: hangup_flag = 1; break;
        case SIGCHLD: child_flag = 1; break;
        case SIGUSR1: user1_flag = 1; break;
        default: terminate_flag = 1; break;
    }
}

}  // namespace

void install()
{
    struct sigaction action {};
    sigemptyset(&action.sa_mask);
    action.sa_handler = rookery_on_signal;
    sigset_t handled;
    sigemptyset(&handled);
    for (int number : kHandled) {
        ::sigaction(number, &action, nullptr);
        sigaddset(&handled, number);
    }
    action.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &action, nullptr);
    sigset_t before;
    ::sigprocmask(SIG_BLOCK, &handled, &before);
    unblocked = before;
    for (int number : kHandled) sigdelset(&unblocked, number);
    installed = true;
}

Pending take()
{
    Pending p;
    p.terminate = terminate_flag != 0;
    p.hangup = hangup_flag != 0;
    p.child = child_flag != 0;
    p.user1 = user1_flag != 0;
    if (p.terminate) terminate_flag = 0;
    if (p.hangup) hangup_flag = 0;
    if (p.child) child_flag = 0;
    if (p.user1) user1_flag = 0;
    return p;
}

bool terminate_seen()
{
    return terminate_flag != 0;
}

bool terminate_pending()
{
    // A poll of nothing that does not wait still delivers what is pending.
    if (installed && terminate_flag == 0) (void)poll_fds({}, Deadline::at(MonotonicTime{})).ok();
    return terminate_seen();
}

bool hangup_seen()
{
    return hangup_flag != 0;
}

Result<int> poll_fds(std::span<pollfd> fds, Deadline deadline)
{
    int ms = deadline.poll_ms();
#ifdef HAVE_PPOLL
    timespec wait{ms / 1000, (ms % 1000) * 1000000L};
    int n =
        ::ppoll(fds.data(), fds.size(), ms < 0 ? nullptr : &wait, installed ? &unblocked : nullptr);
#else
    // Without ppoll a signal between the unblock and the poll would be missed: wait in short steps.
    int n = 0;
    sigset_t before;
    if (installed) ::sigprocmask(SIG_SETMASK, &unblocked, &before);
    constexpr int kStepMs = 250;
    int step = ms < 0 || ms > kStepMs ? kStepMs : ms;
    n = ::poll(fds.data(), static_cast<nfds_t>(fds.size()), step);
    if (installed) ::sigprocmask(SIG_SETMASK, &before, nullptr);
#endif
    if (n < 0) {
        if (errno != EINTR && errno != EAGAIN) return errno_error("poll");
        for (pollfd& p : fds) p.revents = 0;
        return 0;
    }
    return n;
}

void restore_defaults()
{
    struct sigaction action {};
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_DFL;
    for (int number : kHandled) ::sigaction(number, &action, nullptr);
    ::sigaction(SIGPIPE, &action, nullptr);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace rookery::signals
