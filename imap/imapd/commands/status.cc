// STATUS.
#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/status_items.h"
#include "imap/imapd/relay/router.h"

namespace rookery::imapd::commands {

Result<Completion> status(ImapSession& s, Command& command)
{
    TRY(s.reader.space());
    TRY_ASSIGN(const StatusNames names, parse_status_items(s.reader));
    TRY(s.reader.end_of_line());
    TRY(refresh_entry(s, command));
    TRY_ASSIGN(auto line, status_line(s, *command.entry, command.external, names));
    s.client.put(line, "\r\n");
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
