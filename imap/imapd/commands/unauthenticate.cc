// UNAUTHENTICATE (RFC 8437): the next user of a frontend's connection.
#include "imap/imapd/capabilities.h"
#include "imap/imapd/command_table.h"
#include "imap/imapd/selected/leave_selection.h"

namespace rookery::imapd::commands {
namespace {

// Nothing is left that the login, or a command since then, has set.
void forget_user(ImapSession& s)
{
    unselect(s);
    if (s.backends != nullptr) {
        s.backends->hand_on();
        s.backends->set_user({});
        s.backends->set_relayed(false);
    }
    if (s.sync != nullptr) s.sync->restart();
    s.kit.logged_out(s.client);
    s.identity.reset();
    s.names.reset();
    s.enabled.clear();
    s.condstore_enabled = false;
    s.qresync_enabled = false;
    s.list_current = false;
    s.reader.allow_skip(CommandReader::kMaxSkip);
    s.state = State::not_authenticated;
}

}  // namespace

Completion unauthenticate(ImapSession& s, Command&)
{
    if (auto end = s.reader.end_of_line(); !end) return Completion::from(end.error());
    if (!s.identity->node) return Completion::from(Error{Code::denied, {}});
    if (!may_unauthenticate(s))
        return Completion::no("[CANNOT] Not under a security layer or compression");
    forget_user(s);
    // Whoever logs in next needs to know the mechanisms, and saves a CAPABILITY.
    return Completion::ok(cat("[CAPABILITY ", capability_list(s), "] Not authenticated"));
}

}  // namespace rookery::imapd::commands
