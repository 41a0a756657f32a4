// What a NOTIFY command asks for (RFC 5465 8).
//
// Codes: syntax; unsupported (an event that this server does not know: NO [BADEVENT], and the rest
// of the command is unread), limit (kMaxNotifyGroups, kMaxNotifyNames), and the reader's.
#ifndef ROOKERY_IMAP_IMAPD_NOTIFY_NOTIFY_PARSE_H
#define ROOKERY_IMAP_IMAPD_NOTIFY_NOTIFY_PARSE_H

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "imap/imapd/command_reader.h"
#include "imap/imapd/selected/fetch_parse.h"
#include "lib/base/result.h"

namespace rookery::imapd {

inline constexpr size_t kMaxNotifyGroups = 100;
inline constexpr size_t kMaxNotifyNames = 1000;  // of all groups

// Bits of what a group asks for. RFC 5465 5 wants MessageNew and MessageExpunge together, and
// both for FlagChange.
namespace notify_events {
inline constexpr unsigned kMessageNew = 1;
inline constexpr unsigned kMessageExpunge = 2;
inline constexpr unsigned kFlagChange = 4;
inline constexpr unsigned kMailboxName = 8;
inline constexpr unsigned kSubscriptionChange = 16;
inline constexpr unsigned kMailboxMetadataChange = 32;
inline constexpr unsigned kServerMetadataChange = 64;
inline constexpr unsigned kMessages = kMessageNew | kMessageExpunge | kFlagChange;
}  // namespace notify_events

struct NotifyGroup {
    enum class Kind { selected, selected_delayed, personal, subscribed, subtree, mailboxes };
    Kind kind = Kind::selected;
    std::vector<std::string> names;  // of the last two, as the client wrote them
    unsigned events = 0;
    bool is_of_selected() const { return kind <= Kind::selected_delayed; }
};

struct NotifyRequest {
    bool none = false;    // NOTIFY NONE
    bool status = false;  // STATUS of each mailbox at once
    std::vector<NotifyGroup> groups;
    // Of the selected mailbox's new messages.
    std::optional<FetchRequest> fetch;
    std::string fetch_text;  // the same as the client wrote it, with its parentheses
    const NotifyGroup* selected() const;
};

// Behind the command's name, CRLF included.
Result<NotifyRequest> parse_notify(CommandReader& reader);
// "(MessageNew ...)": the events of a group, for another server; "NONE" if there are none.
std::string notify_event_list(unsigned events, const std::string& fetch_text);
// All that there are, for BADEVENT.
std::string notify_event_names();

}  // namespace rookery::imapd

#endif
