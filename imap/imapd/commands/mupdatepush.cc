// MUPDATEPUSH: the master is told of a mailbox again.
#include "imap/imapd/command_table.h"

namespace rookery::imapd::commands {

Completion mupdatepush(ImapSession& s, Command& command)
{
    if (auto end = s.reader.end_of_line(); !end) return Completion::from(end.error());
    if (s.store == nullptr || s.config.mupdate_server().empty())
        return Completion::from(Error{Code::unavailable, {}});
    auto pushed = s.operations->push(*command.mailbox);
    return pushed ? Completion::ok() : Completion::from(pushed.error());
}

}  // namespace rookery::imapd::commands
