// Where a mailbox is, and whether it may be used: the one answer for every protocol.
//
// find_mailbox() gives the entry as clients see it (MailboxEntry::seen), of a mailbox that is in
// use. A name that the list lacks, or holds as reserved, is asked for once more after
// Directory::catch_up(): if the list cannot be made current the answer is temporary (behind), never
// "does not exist". Nothing is said about rights. Codes: not_found (and the list is current),
// reserved (half made, or coming in), moved (on its way to another server), behind, and the list's
// own. One thread.
#ifndef ROOKERY_IMAP_MBOXLIST_FIND_MAILBOX_H
#define ROOKERY_IMAP_MBOXLIST_FIND_MAILBOX_H

#include <functional>
#include <optional>

#include "imap/mboxlist/directory.h"

namespace rookery::mboxlist {

// May it be read? Readers of a mailbox that is frozen for a move go on where it is: at a server
// that keeps mail. (May it be changed: model::require_settled.)
Status check_readable(const MailboxEntry& entry, bool keeps_mail);
// A crash may have left the mailbox neither here nor there: the operation that began is to be
// settled before anything else (imap/cluster/operations.h).
bool is_left_half_done(const MailboxEntry& entry);

// The entry of the nearest ancestor that exists; none at the top.
Result<std::optional<MailboxEntry>> nearest_ancestor(Directory& directory, const MailboxName& name);

using Usable = std::function<Status(const MailboxEntry&)>;
// Without asking anybody.
Result<MailboxEntry> look_up(Directory& directory, const MailboxName& name, const Usable& usable);
Result<MailboxEntry> find_mailbox(Directory& directory, const MailboxName& name,
                                  const Usable& usable);
// The answer to a look-up may be older than the mailbox.
inline bool is_miss(const Result<MailboxEntry>& found)
{
    return found.is(Code::not_found) || found.is(Code::reserved);
}

}  // namespace rookery::mboxlist

#endif
