// A mailbox that is selected here and is not where it was: renamed, in another partition, deleted
// by somebody else.
//
// A session goes on where the mailbox is, if it is still this server's, the same owner's and may be
// read; else it sees all messages go, and has an empty mailbox from then on. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_FOLLOW_H
#define ROOKERY_IMAP_IMAPD_SELECTED_FOLLOW_H

#include <string>

#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// After Mailbox::refresh() said not_found, or where the list says something else than the view: the
// view follows or has vanished, or selection.in_change says that it is too early to know.
// moved: it is at another server. not_found: it is gone, and disconnect_on_vanished_mailbox is set.
Status follow_selection(ImapSession& session, LocalSelection& selection);

// BYE when a refresh has failed for good, unflushed. Another node gets what it needs to go on where
// the mailbox has moved to (relay/moved.h).
void put_farewell(ImapSession& session, const Error& error);

}  // namespace rookery::imapd

#endif
