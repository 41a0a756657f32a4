// append_group: messages into several mailboxes at once, with few syncs.
//
// A message file is synced once, however many mailboxes it is linked into. The mailboxes are then
// locked together, kAtOnce at most: all get the new names, one syncfs makes these durable, and each
// is committed by a sync of its index. So n mailboxes on one file system cost 1 + 1 + n syncs, and
// one more for each further kAtOnce.
// Nothing waits for a lock while it holds one: a mailbox that is busy comes in a later round, and
// is waited for only when no other is to be had.
#ifndef ROOKERY_IMAP_STORE_APPEND_GROUP_H
#define ROOKERY_IMAP_STORE_APPEND_GROUP_H

#include <span>

#include "imap/mailbox/mailbox_store.h"
#include "imap/store/cache_file.h"
#include "imap/store/mailbox_access.h"
#include "imap/store/mailbox_writer.h"

namespace rookery::store {

inline constexpr size_t kAtOnce = 128;  // each has three descriptors

// The message made durable and described, before any lock is taken.
Result<NewMessage> new_message(const mailbox::AppendItem& item, const CacheRenderer& renderer);

// See MailboxStore::append_group().
void append_group(MailboxAccess& access, std::span<mailbox::GroupItem> items);

}  // namespace rookery::store

#endif
