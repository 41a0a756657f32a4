// MAILBOXIDS of FETCH, as Cyrus has it: the MAILBOXID (RFC 8474) of each mailbox in which the same
// message lies, in the order of their names and with spaces between them.
//
// Of the tree of the user to whom the selected mailbox belongs, as far as it is at this server and
// the session's user may read it; without an owner it is that mailbox alone. It is looked for once
// for all messages of a command, which goes through the index of each mailbox. A mailbox that
// cannot be opened is left out. Codes: those of the list.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_MAILBOX_IDS_H
#define ROOKERY_IMAP_IMAPD_SELECTED_MAILBOX_IDS_H

#include <cstdint>
#include <span>

#include "imap/imapd/selected/fetch_render.h"
#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// Of these messages of what is selected.
Result<MailboxIds> find_mailbox_ids(ImapSession& session, const LocalSelection& selection,
                                    std::span<const uint32_t> sequences);

}  // namespace rookery::imapd

#endif
