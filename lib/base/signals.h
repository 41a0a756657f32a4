// Signals as flags, seen only where a process waits.
//
// install() makes SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCHLD and SIGUSR1 set a flag, ignores
// SIGPIPE, and keeps them blocked; only poll_fds() (ppoll, or pselect-style unblock where there is
// none) lets them in, so a signal that comes before the wait is never lost. A single-threaded
// program's tool; a threaded one blocks everything and has one sigwait thread (imap/mupdate).
#ifndef ROOKERY_LIB_BASE_SIGNALS_H
#define ROOKERY_LIB_BASE_SIGNALS_H

#include <poll.h>

#include <span>

#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace rookery::signals {

struct Pending {
    bool terminate = false;  // SIGTERM, SIGINT, SIGQUIT
    bool hangup = false;     // SIGHUP
    bool child = false;      // SIGCHLD
    bool user1 = false;      // SIGUSR1
};

void install();
// What came since it was last taken; taking clears it.
Pending take();
// True if a flag is set, without clearing it.
bool terminate_seen();
// The same, after letting in what has come: for who has so much to do that it never waits.
bool terminate_pending();
bool hangup_seen();
// poll(2) with signals let in. >0 descriptors ready, 0 deadline passed or a signal came (look with
// take()). Code::io when poll fails.
Result<int> poll_fds(std::span<pollfd> fds, Deadline deadline);
// In a child before exec: default actions, nothing blocked.
void restore_defaults();

}  // namespace rookery::signals

#endif
