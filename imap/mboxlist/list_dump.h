// The mailbox list as text, as ctl_mboxlist writes and reads it.
//
// One JSON object with a member for each mailbox (doc/formats/mailboxes.md), or the lines of older
// versions ("name TAB type location acl ..."). Reading tells of whatever is
// wrong with its line; nothing is skipped but levels that are no mailboxes and tombstones.
// Codes: syntax ("line N: why"), bad_name, limit. Pure functions.
#ifndef ROOKERY_IMAP_MBOXLIST_LIST_DUMP_H
#define ROOKERY_IMAP_MBOXLIST_LIST_DUMP_H

#include <functional>
#include <string>
#include <string_view>

#include "imap/model/mailbox_entry.h"
#include "lib/base/result.h"

namespace rookery::mboxlist {

// "{\n", the members joined by ",\n", "\n}\n".
inline constexpr std::string_view kDumpBegin = "{\n";
inline constexpr std::string_view kDumpBetween = ",\n";
inline constexpr std::string_view kDumpEnd = "\n}\n";
std::string dump_member(const model::MailboxEntry& entry);
// The line of the older form, with its end.
std::string dump_legacy_line(const model::MailboxEntry& entry);

// own_server: what a server of this name has is here.
using EachDumped = std::function<Status(model::MailboxEntry entry)>;
Status read_dump(std::string_view text, std::string_view own_server, const EachDumped& each);
Status read_legacy_dump(std::string_view text, std::string_view own_server, const EachDumped& each);
// Which of the two a text is.
bool is_legacy_dump(std::string_view text);

}  // namespace rookery::mboxlist

#endif
