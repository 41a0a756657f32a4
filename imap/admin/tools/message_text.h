// A message as unexpunge -l and ipurge -n show it, by the lines of Cyrus' own tools. Times are this
// machine's, as ctime(3) has them. Pure; cannot fail.
#ifndef ROOKERY_IMAP_ADMIN_TOOLS_MESSAGE_TEXT_H
#define ROOKERY_IMAP_ADMIN_TOOLS_MESSAGE_TEXT_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rookery::admin {

struct ShownMessage {
    uint32_t uid = 0;
    uint64_t size = 0;
    int64_t received = 0;
    std::optional<int64_t> expunged = {};
};

// "Mon Jan  2 10:00:00 2023", or "?".
std::string time_text(int64_t seconds);
// header: of the message, or nothing.
std::string message_text(const ShownMessage& message, std::string_view header);

}  // namespace rookery::admin

#endif
