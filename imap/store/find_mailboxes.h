// The mailboxes that are on the partitions, whatever a list says. What cannot be read is skipped.
// Thread-safe.
#ifndef ROOKERY_IMAP_STORE_FIND_MAILBOXES_H
#define ROOKERY_IMAP_STORE_FIND_MAILBOXES_H

#include <vector>

#include "imap/model/mailbox_entry.h"
#include "imap/store/mailbox_path.h"
#include "lib/base/result.h"

namespace rookery::store {

// Names with a header, or with messages if also_without_header, on all partitions, as entries.
Result<std::vector<model::MailboxEntry>> find_mailboxes(const PathOptions& paths,
                                                        bool also_without_header);

}  // namespace rookery::store

#endif
