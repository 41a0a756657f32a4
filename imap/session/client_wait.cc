#include "imap/session/client_wait.h"

#include <poll.h>

#include <vector>

#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/service/retirement.h"

namespace rookery::session {

Woken wait_for_client(const SessionKit& kit, stream::Stream& client, const Wait& wait)
{
    if (signals::terminate_pending()) return Woken::told_to_end;
    if (client.has_input()) return Woken::client;
    // Once the template's end is known its descriptor would wake for nothing.
    const bool retired = service::retirement::is_known();
    const Deadline due = retired && !wait.in_session ? kit.session_due() : Deadline::never();
    if (due.passed()) return Woken::come_again;
    const bool may_retire = !retired && !wait.in_session;
    std::vector<pollfd> fds = {{client.fd(), POLLIN, 0},
                               {may_retire ? service::retirement::fd() : -1, POLLIN, 0},
                               {wait.other, POLLIN, 0}};
    for (const int other : wait.others) fds.push_back({other, POLLIN, 0});
    auto ready = signals::poll_fds(fds, wait.idle.min(wait.alarm).min(due));
    if (!ready) {
        log::error("a session cannot wait", {{"reason", ready.error()}});
        return Woken::gone;
    }
    if (fds[1].revents != 0 && kit.session_due().passed()) return Woken::come_again;
    if (fds[0].revents != 0) {
        auto now = client.take_input();
        if (!now) return Woken::gone;
        if (*now) return Woken::client;
    }
    for (size_t i = 2; i < fds.size(); ++i)
        if (fds[i].revents != 0) return Woken::other;
    if (wait.idle.passed()) return Woken::idle;
    return Woken::alarm;
}

}  // namespace rookery::session
