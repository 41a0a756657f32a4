// What a dump holds, as dump writes it and restore reads it: the names of its members and their
// forms (doc/formats/dump.md). Codes: syntax, limit, bad_name. Functions and values.
#ifndef ROOKERY_IMAP_ADMIN_TOOLS_DUMP_FORMAT_H
#define ROOKERY_IMAP_ADMIN_TOOLS_DUMP_FORMAT_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mailbox/quota.h"
#include "imap/model/mailbox_name.h"
#include "imap/sync/mailbox_dlist.h"
#include "lib/base/result.h"

namespace rookery::admin {

// The first member, and the last one: without it the dump was cut off.
inline constexpr std::string_view kDumpHead = "rookery-dump";
inline constexpr std::string_view kDumpEnd = "end";
// mailboxes/<name>/mailbox, and behind it <uid>.eml, annotations, seen.
inline constexpr std::string_view kDumpMailboxes = "mailboxes/";
inline constexpr std::string_view kDumpMailbox = "mailbox";
inline constexpr std::string_view kDumpAnnotations = "annotations";
inline constexpr std::string_view kDumpSeen = "seen";
inline constexpr std::string_view kDumpMessage = ".eml";
inline constexpr std::string_view kDumpQuota = "quota";
inline constexpr std::string_view kDumpSubscriptions = "user/subscriptions";
inline constexpr std::string_view kDumpSeenElsewhere = "user/seen";
inline constexpr std::string_view kDumpActive = "user/active";
inline constexpr std::string_view kDumpScripts = "user/scripts/";
inline constexpr std::string_view kDumpScript = ".script";

// What it is of.
enum class DumpKind : unsigned char { mailbox, tree, user };

struct DumpHead {
    DumpKind kind = DumpKind::mailbox;
    std::string root;  // internal name
    std::string id;    // of this dump; hexadecimal
    std::string server;
    int64_t time = 0;
};
std::string put_head(const DumpHead& head);
Result<DumpHead> parse_head(std::string_view text);

// A member of mailboxes/: whose, and which.
struct DumpPart {
    std::string mailbox;  // the folder's name
    std::string part;
};
std::optional<DumpPart> part_of(std::string_view member);
// "<uid>.eml"
std::optional<uint32_t> uid_of_part(std::string_view part);

std::string put_mailbox(const model::MailboxEntry& entry, const mailbox::SyncMailbox& box);
Result<sync::MailboxValue> parse_mailbox(std::string text);
// Values, one in a line each.
Result<std::vector<sync::Dlist>> parse_lines(std::string text);

}  // namespace rookery::admin

#endif
