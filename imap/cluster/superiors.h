// The levels above a mailbox that are no mailboxes yet (RFC 3501 6.3.3, 6.3.5). One that is at
// another server stays there; nobody's INBOX is made.
//
// Each is made like any other mailbox, after the one that needs it: an end in between leaves a
// mailbox without its superiors, and the next one below them makes them. Codes: those of the list.
// One thread.
#ifndef ROOKERY_IMAP_CLUSTER_SUPERIORS_H
#define ROOKERY_IMAP_CLUSTER_SUPERIORS_H

#include <string>
#include <vector>

#include "imap/cluster/operations.h"
#include "imap/mboxlist/directory.h"
#include "imap/model/mailbox_name.h"
#include "lib/base/result.h"

namespace rookery::cluster {

// From the top down.
Result<std::vector<model::MailboxName>> missing_superiors(mboxlist::Directory& list,
                                                          const model::MailboxName& name);
// Those of this name, on the partition and with the ACL of what lies above them. What cannot be
// made is logged.
void make_superiors(Operations& operations, const model::MailboxName& name,
                    const std::string& partition, const model::Acl& acl);

}  // namespace rookery::cluster

#endif
