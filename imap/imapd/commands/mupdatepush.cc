// MUPDATEPUSH: the master is told of a mailbox again.
#include "imap/imapd/command_table.h"

namespace rookery::imapd::commands {

Result<Completion> mupdatepush(ImapSession& s, Command& command)
{
    TRY(s.reader.end_of_line());
    if (s.store == nullptr || s.config.mupdate_server().empty())
        return Error{Code::unavailable, {}};
    TRY(s.operations->push(*command.mailbox));
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
