// What the CAPABILITY response lists for a session in its present state (doc/protocols/cyrus.md 4).
#ifndef ROOKERY_IMAP_IMAPD_CAPABILITIES_H
#define ROOKERY_IMAP_IMAPD_CAPABILITIES_H

#include <cstdint>
#include <string>

#include "imap/imapd/session.h"

namespace rookery::imapd {

// "IMAP4rev1 LITERAL+ ...", without what suppress_capabilities names and what other servers lack
// that hold mailboxes and were heard. Before the login it is what a client can do then; with_later
// adds what it can do afterwards, for clients like cyradm that ask once and before.
std::string capability_list(ImapSession& session, bool with_later = false);
// May this session's client go back to the not-authenticated state (RFC 8437)? Only servers of the
// murder and admins, and not with a layer that would have to come off: SASL, compression.
bool may_unauthenticate(ImapSession& session);
// The largest message that APPEND takes, in bytes (RFC 7889).
uint64_t append_limit(const config::Config& config);

}  // namespace rookery::imapd

#endif
