// STATUS.
#include "imap/imapd/command_table.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/namespace/status_items.h"

namespace rookery::imapd::commands {

Completion status(ImapSession& s, Command& command)
{
    auto names = [&]() -> Result<StatusNames> {
        TRY(s.reader.space());
        TRY_ASSIGN(StatusNames parsed, parse_status_items(s.reader));
        TRY(s.reader.end_of_line());
        return parsed;
    }();
    if (!names) return Completion::from(names.error());
    if (auto now = refresh_entry(s, command); !now) return Completion::from(now.error());
    auto line = status_line(s, *command.entry, command.external, *names);
    if (!line) return Completion::from(line.error());
    s.client.put(*line, "\r\n");
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
