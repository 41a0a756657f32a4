// UNAUTHENTICATE (RFC 8437): the next user of a frontend's connection.
#include "imap/imapd/capabilities.h"
#include "imap/imapd/command_table.h"
#include "imap/imapd/user.h"

namespace rookery::imapd::commands {
Completion unauthenticate(ImapSession& s, Command&)
{
    if (auto end = s.reader.end_of_line(); !end) return Completion::from(end.error());
    if (!s.user.identity->node) return Completion::from(Error{Code::denied, {}});
    if (!may_unauthenticate(s))
        return Completion::no("[CANNOT] Not under a security layer or compression");
    forget_user(s);
    // Whoever logs in next needs to know the mechanisms, and saves a CAPABILITY.
    return Completion::ok(cat("[CAPABILITY ", capability_list(s), "] Not authenticated"));
}

}  // namespace rookery::imapd::commands
