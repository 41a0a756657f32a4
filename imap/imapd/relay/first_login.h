// A user who logs in and has no INBOX yet gets one (autocreate_quota): here, or at the server that
// CREATE would choose. It never keeps anybody out: what goes wrong is logged.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_FIRST_LOGIN_H
#define ROOKERY_IMAP_IMAPD_RELAY_FIRST_LOGIN_H

#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// After become(), before the client hears of it.
void make_inbox_at_login(ImapSession& session);
// CREATE of a name that the session's user may make because it is the own INBOX.
bool is_own_new_inbox(ImapSession& session, const model::MailboxName& name);

}  // namespace rookery::imapd

#endif
