// Who a connection is for: the step into a login, and out of one (UNAUTHENTICATE, RFC 8437).
//
// What the session knows of a user is ImapSession::user, which both replace as a whole; what others
// hold for him (connections to other servers, a replica's copies on their way, the telemetry log)
// is handed on, dropped or closed. Cannot fail. One thread.
#ifndef ROOKERY_IMAP_IMAPD_USER_H
#define ROOKERY_IMAP_IMAPD_USER_H

#include "imap/imapd/session.h"
#include "lib/auth/identity.h"

namespace rookery::imapd {

// The session is that user's from here on.
void become(ImapSession& session, const auth::Identity& who);
// Nothing is left that the login, or a command since then, has set.
void forget_user(ImapSession& session);

}  // namespace rookery::imapd

#endif
