// CHECK (RFC 3501 6.4.1): everything is on disk when a command was answered, so nothing is left.
#include "imap/imapd/command_table.h"

namespace rookery::imapd::commands {

Result<Completion> check(ImapSession& session, Command&)
{
    TRY(session.reader.end_of_line());
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
