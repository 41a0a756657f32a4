// GETMETADATA of a mailbox on another server.
#include "imap/imapd/command_table.h"
#include "imap/imapd/relay/remote_metadata.h"

namespace rookery::imapd::commands {

Result<Completion> relay_getmetadata(ImapSession& s, Command& command, backend::Backend& backend)
{
    TRY_ASSIGN(auto request, parse_getmetadata(s.reader, command.options));
    return metadata_at(s, command, backend, std::move(request));
}

}  // namespace rookery::imapd::commands
