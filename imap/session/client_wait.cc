#include "imap/session/client_wait.h"

#include <poll.h>

#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/service/retirement.h"

namespace rookery::session {

Woken wait_for_client(const SessionKit& kit, stream::Stream& client, const Wait& wait)
{
    if (signals::terminate_pending()) return Woken::told_to_end;
    if (client.has_input()) return Woken::client;
    const Deadline due = wait.in_session ? Deadline::never() : kit.session_due();
    if (due.passed()) return Woken::come_again;
    // Once its end is known it would wake for nothing.
    const bool may_retire = !wait.in_session && due.is_never();
    pollfd fds[] = {{client.fd(), POLLIN, 0},
                    {wait.other, POLLIN, 0},
                    {may_retire ? service::retirement::fd() : -1, POLLIN, 0}};
    auto ready = signals::poll_fds(fds, wait.idle.min(wait.alarm).min(due));
    if (!ready) {
        log::error("a session cannot wait", {{"reason", ready.error()}});
        return Woken::gone;
    }
    if (fds[0].revents != 0) {
        // A layer may need several records for one byte of text.
        auto now = client.wait_input(Deadline::after(Milliseconds(0)));
        if (!now) return Woken::gone;
        if (*now) return Woken::client;
    }
    if (fds[1].revents != 0) return Woken::other;
    if (wait.idle.passed()) return Woken::idle;
    return Woken::alarm;
}

}  // namespace rookery::session
