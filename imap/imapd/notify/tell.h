// What NOTIFY (RFC 5465) makes a session do while it waits for its client: what it listens to
// besides, and what is told then of the selected mailbox if it is here. One thread.
#ifndef ROOKERY_IMAP_IMAPD_NOTIFY_TELL_H
#define ROOKERY_IMAP_IMAPD_NOTIFY_TELL_H

#include <vector>

#include "imap/imapd/session.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// Descriptors that wake; without the connection on which a mailbox is selected.
std::vector<int> watched_descriptors(ImapSession& session);
// When to look without being woken.
Deadline watched_due(const ImapSession& session);
// What has happened in the selected mailbox, as far as it is to be told between commands. Codes:
// those of send_updates.
Status tell_selected(ImapSession& session);

}  // namespace rookery::imapd

#endif
