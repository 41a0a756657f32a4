// MUPDATEPUSH: the master is told of a mailbox again.
#include "imap/imapd/command_table.h"
#include "lib/base/log.h"

namespace rookery::imapd::commands {

Result<Completion> mupdatepush(ImapSession& s, Command& command)
{
    TRY(s.reader.end_of_line());
    if (s.store == nullptr || s.config.mupdate_server().empty())
        return Error{Code::unavailable, {}};
    TRY(s.operations->push(*command.mailbox));
    log::notice("mupdatepush",
                {{"user", s.user.identity->userid}, {"mailbox", command.mailbox->internal()}});
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
