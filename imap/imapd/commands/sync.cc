// SYNCGET, SYNCAPPLY, SYNCRESTART: another server's copies (doc/protocols/sync.md).
#include "imap/imapd/command_table.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::imapd::commands {

Completion sync(ImapSession& s, Command& command)
{
    if (s.sync == nullptr || !s.identity->admin) return Completion::bad("Unrecognized command");
    if (command.name == "SYNCRESTART") {
        if (auto end = s.reader.end_of_line(); !end) return Completion::from(end.error());
        s.sync->restart();
        return Completion::ok("success");
    }
    s.reader.hand_over();
    const Status done = command.name == "SYNCGET" ? s.sync->get(s.client) : s.sync->apply(s.client);
    if (!done) {
        log_failure(done.error());
        log::info("sync", {{"command", command.name}, {"reason", done.error()}});
    }
    if (!s.client.ok()) return Completion::disconnect();
    if (done) return Completion::ok("success");
    return Completion::no(rookery::sync::sync_response(done.error()));
}

}  // namespace rookery::imapd::commands
