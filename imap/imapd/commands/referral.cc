// RLIST and RLSUB (RFC 2193): LIST and LSUB of a client that follows referrals. Mailboxes on other
// servers are in LIST and LSUB as well, because they can be had through this one.
#include "imap/imapd/relay/referral.h"

#include "imap/imapd/command_table.h"

namespace rookery::imapd::commands {

Result<Completion> rlist(ImapSession& s, Command& command)
{
    ask_for_referrals(s);
    return list(s, command);
}

Result<Completion> rlsub(ImapSession& s, Command& command)
{
    ask_for_referrals(s);
    return lsub(s, command);
}

Result<Completion> relay_rlsub(ImapSession& s, Command& command, backend::Backend& backend)
{
    ask_for_referrals(s);
    return relay_lsub(s, command, backend);
}

}  // namespace rookery::imapd::commands
