// Moving what is here to another server, for XFER and for RENAME with a location.
#ifndef ROOKERY_IMAP_IMAPD_NAMESPACE_XFER_H
#define ROOKERY_IMAP_IMAPD_NAMESPACE_XFER_H

#include <string>

#include "imap/imapd/session.h"
#include "imap/sync/services.h"

namespace rookery::imapd {

// A server is named, and a partition that may be one or none.
bool is_possible(const sync::MoveTarget& target);
// Tells the client how far it is meanwhile (RFC 9585). NO with the reason if it did not succeed.
Result<Completion> move_here_to(ImapSession& session, const model::MailboxName& name,
                                const sync::MoveTarget& target);

}  // namespace rookery::imapd

#endif
