// What moves as one: an INBOX with everything below it and what was deleted of it, or one mailbox.
#ifndef ROOKERY_IMAP_SYNC_UNIT_H
#define ROOKERY_IMAP_SYNC_UNIT_H

#include <vector>

#include "imap/mboxlist/directory.h"
#include "imap/model/mailbox_entry.h"
#include "lib/base/result.h"

namespace rookery::sync {

// The entries of this server, whatever their state but tombstones; INBOX comes last, so that a user
// is there when all of the user is. Codes: the list's.
Result<std::vector<model::MailboxEntry>> unit_of(mboxlist::Directory& directory,
                                                 const model::MailboxName& name,
                                                 std::string_view deletedprefix);

// True if a mailbox of that name belongs to the unit of name.
bool is_in_unit(const model::MailboxName& unit, const model::MailboxName& name,
                std::string_view deletedprefix);

}  // namespace rookery::sync

#endif
