// UNAUTHENTICATE (RFC 8437): the next user of a frontend's connection.
#include "imap/imapd/capabilities.h"
#include "imap/imapd/command_table.h"
#include "imap/imapd/user.h"

namespace rookery::imapd::commands {
Result<Completion> unauthenticate(ImapSession& s, Command&)
{
    TRY(s.reader.end_of_line());
    if (!s.user.identity->node) return Error{Code::denied, {}};
    if (!may_unauthenticate(s))
        return Completion::no("[CANNOT] Not under a security layer or compression");
    forget_user(s);
    // Whoever logs in next needs to know the mechanisms, and saves a CAPABILITY.
    return Completion::ok(cat("[CAPABILITY ", capability_list(s), "] Not authenticated"));
}

}  // namespace rookery::imapd::commands
