// APPEND to a mailbox on another server: messages go through, they are not kept here. Those that
// are put together of parts wait on disk for the last one.
#include "imap/imapd/command_table.h"
#include "imap/imapd/relay/retry.h"

namespace rookery::imapd::commands {

Result<Completion> relay_append(ImapSession& s, Command& command, backend::Backend& backend)
{
    return append_at_mailbox(s, command, backend).result();
}

}  // namespace rookery::imapd::commands
