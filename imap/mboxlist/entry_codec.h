// A mailbox entry as text: the value of its record in the list (doc/formats/mailboxes.md).
//
//   1 STATE PENDING SERVER PARTITION UNIQUEID UIDVALIDITY SERIAL ACL
//
// Fields between single spaces; "-" is an empty one, "%XX" any byte that would confuse; the ACL is
// the rest of it, in its storage form. The first field is the version.
// Codes: corrupt (does not follow this form), unsupported (a later version). Pure functions.
#ifndef ROOKERY_IMAP_MBOXLIST_ENTRY_CODEC_H
#define ROOKERY_IMAP_MBOXLIST_ENTRY_CODEC_H

#include <string>
#include <string_view>

#include "imap/model/mailbox_entry.h"
#include "lib/base/result.h"

namespace rookery::mboxlist {

std::string encode_entry(const model::MailboxEntry& entry);
// name_key: MailboxName::key() of the entry.
Result<model::MailboxEntry> decode_entry(std::string_view name_key, std::string_view value);

}  // namespace rookery::mboxlist

#endif
