// IDLE (RFC 2177): tells what happens to the selected mailbox until the client says DONE.
#include <poll.h>

#include <algorithm>
#include <vector>

#include "imap/imapd/command_table.h"
#include "imap/imapd/notify/tell.h"
#include "imap/imapd/notify/watch.h"
#include "imap/imapd/responder.h"
#include "imap/imapd/selected/follow.h"
#include "imap/imapd/selected/updates.h"
#include "lib/base/signals.h"

namespace rookery::imapd::commands {
namespace {

constexpr size_t kMaxDone = 1024;
// Who is renaming or removing the mailbox is done by then, and need not wake us again.
constexpr Milliseconds kWhileInChange{200};

Completion bye(ImapSession& session, std::string_view text)
{
    session.client.put("* BYE ", wire_text(text), "\r\n");
    (void)session.client.flush().ok();
    return Completion::disconnect();
}

// How long an idle client may stay; 0 in the configuration: as long as any other.
Milliseconds idle_limit(const config::Config& config)
{
    const Seconds own = config.imapidletimeout();
    const Seconds any = std::max<Seconds>(config.timeout(), std::chrono::minutes(30));
    return own.count() > 0 ? own : any;
}

// Until the client sends something (true), the mailbox wakes us, or it is time to look.
bool wait(ImapSession& session, Deadline until)
{
    if (session.client.has_input()) return true;
    if (signals::terminate_seen()) return false;
    LocalSelection* selection = session.local();
    std::vector<pollfd> fds = {
        {session.client.fd(), POLLIN, 0},
        {selection != nullptr ? selection->mailbox->wakeup_fd() : -1, POLLIN, 0},
    };
    for (const int other : watched_descriptors(session)) fds.push_back({other, POLLIN, 0});
    (void)signals::poll_fds(fds, until.min(watched_due(session))).ok();
    if (fds[1].revents != 0) selection->mailbox->drain_wakeups();
    // A layer may need several records for one byte of text.
    return fds[0].revents != 0 &&
           session.client.wait_input(Deadline::after(Milliseconds(0))).value_or(true);
}

Completion end(ImapSession& session)
{
    const auto line = session.client.read_line(kMaxDone);
    if (!line && line.is(Code::limit)) (void)session.client.skip_line(kMaxDone).ok();
    if (line && equal_nocase(*line, "DONE")) return Completion::ok();
    return Completion::bad("Invalid Idle continuation");
}

}  // namespace

Result<Completion> idle(ImapSession& session, Command&)
{
    TRY(session.reader.end_of_line());
    session.client.put("+ idling\r\n");
    const Deadline last = Deadline::after(idle_limit(session.config));
    const Milliseconds look =
        std::max<Milliseconds>(session.config.imapidlepoll(), Milliseconds(1000));
    // Before the first look: what happens between the two would be told imapidlepoll later.
    if (LocalSelection* selection = session.local()) (void)selection->mailbox->wakeup_fd();
    for (;;) {
        const Status told = send_updates(session, true);
        if (!told) {
            put_farewell(session, told.error());
            (void)session.client.flush();
            return Completion::disconnect();
        }
        if (session.user.watch && !session.user.watch->tell()) return Completion::disconnect();
        if (!session.client.flush()) return Completion::disconnect();
        if (session.client.has_input()) return end(session);
        session.rest();
        const LocalSelection* selection = session.local();
        const bool soon = selection != nullptr && selection->in_change;
        const bool client_spoke =
            wait(session, Deadline::after(soon ? kWhileInChange : look).min(last));
        if (!session.client.ok()) return Completion::disconnect();
        if (client_spoke) return end(session);
        if (signals::terminate_seen()) return bye(session, "Server is shutting down");
        if (last.passed()) return bye(session, "IDLE for too long");
        const bool admin = session.user.identity && session.user.identity->any_admin();
        if (const auto text = session.kit.shutdown_text(); text && !admin)
            return bye(session, cat("[ALERT] ", *text));
    }
}

}  // namespace rookery::imapd::commands
