// Two directories with the same mailbox: which of its messages are in both, and the end of one.
#ifndef ROOKERY_IMAP_STORE_STRANDED_COPY_H
#define ROOKERY_IMAP_STORE_STRANDED_COPY_H

#include <string>

#include "imap/model/mailbox_entry.h"
#include "imap/store/local_store.h"
#include "lib/base/result.h"

namespace rookery::store {

// One directory under two names (a link, or two partitions with one root).
bool is_same_directory(const std::string& a, const std::string& b);
// True if each message file in the directory copy is in kept too, under the same UID, byte by byte.
Result<bool> is_contained(const std::string& kept, const std::string& copy);
// The copy goes, and kept is the mailbox. Messages go first, then what makes it a mailbox: cut
// short it is a copy still. exists: it holds what kept does not. Codes of LocalStore.
Status remove_copy(LocalStore& store, const model::MailboxEntry& kept,
                   const model::MailboxEntry& copy);

}  // namespace rookery::store

#endif
