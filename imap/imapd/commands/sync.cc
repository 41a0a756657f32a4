// SYNCGET, SYNCAPPLY, SYNCRESTART: another server's copies (doc/protocols/sync.md).
#include "imap/imapd/capabilities.h"
#include "imap/imapd/command_table.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::imapd::commands {

namespace {

// Others are not told that there is such a command.
Completion unknown()
{
    return Completion::bad("Unrecognized command");
}

using Exchange = Status (rookery::sync::SyncService::*)(stream::Stream&);

Completion exchange(ImapSession& s, const Command& command, Exchange with)
{
    if (!may_sync(s)) return unknown();
    s.reader.hand_over();
    const Status done = (s.sync->*with)(s.client);
    if (!done) {
        log_failure(done.error());
        log::info("sync", {{"command", command.name}, {"reason", done.error()}});
    }
    if (!s.client.ok()) return Completion::disconnect();
    if (done) return Completion::ok("success");
    return Completion::no(rookery::sync::sync_response(done.error()));
}

}  // namespace

Result<Completion> syncget(ImapSession& s, Command& command)
{
    return exchange(s, command, &rookery::sync::SyncService::get);
}

Result<Completion> syncapply(ImapSession& s, Command& command)
{
    return exchange(s, command, &rookery::sync::SyncService::apply);
}

Result<Completion> syncrestart(ImapSession& s, Command&)
{
    if (!may_sync(s)) return unknown();
    TRY(s.reader.end_of_line());
    s.sync->restart();
    return Completion::ok("success");
}

}  // namespace rookery::imapd::commands
