// Referrals: the client is told which server has a mailbox, and goes there itself (RFC 2193, 2221).
//
// Only a session that has asked for them (RLIST, RLSUB, LIST (REMOTE)) gets mailbox referrals, and
// never one in which another server acts for a user: it would not follow them. All else is
// relayed. A server whose address no URL can say (a socket, TLS from the first byte) is not
// referred to. One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_REFERRAL_H
#define ROOKERY_IMAP_IMAPD_RELAY_REFERRAL_H

#include <optional>
#include <string>
#include <string_view>

#include "imap/imapd/session.h"

namespace rookery::imapd {

// May this server's clients be given mailbox referrals at all?
bool has_mailbox_referrals(const ImapSession& session);
// The client has said that it follows them.
void ask_for_referrals(ImapSession& session);
// Instead of relaying this command to server: NO [REFERRAL url]. none: it is relayed.
std::optional<Completion> refer(ImapSession& session, const Command& command,
                                const std::string& server);
// After login: "[REFERRAL url]" to the server of the INBOX if that is another one and the option
// login_referrals is on, else "".
std::string login_referral(ImapSession& session);

// A mailbox name in an URL: UTF-8, and %XX for what is not plain. Of modified UTF-7.
std::string url_encoded(std::string_view external);

}  // namespace rookery::imapd

#endif
