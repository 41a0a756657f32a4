// The end of a selection: the view of a mailbox here is closed, or there is UNSELECT at its server.
// Cannot fail: a connection on which UNSELECT fails is dropped. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_LEAVE_SELECTION_H
#define ROOKERY_IMAP_IMAPD_SELECTED_LEAVE_SELECTION_H

#include "imap/imapd/session.h"

namespace rookery::imapd {

void unselect(ImapSession& session);
// What was set aside is left, which the client is told once, before anything of a new mailbox
// (RFC 7162 3.2.11). Nothing where nothing was selected.
void leave_aside(ImapSession& session);

}  // namespace rookery::imapd

#endif
