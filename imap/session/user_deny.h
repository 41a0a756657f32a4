// Users whom an administrator keeps out, by service: the file that Cyrus calls user_deny.db.
// doc/formats/user-deny.md.
//
// Pure but for read_denial, which looks the user up in the file at each login: it is short, and a
// change holds from the next login on. One thread.
#ifndef ROOKERY_IMAP_SESSION_USER_DENY_H
#define ROOKERY_IMAP_SESSION_USER_DENY_H

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::session {

inline constexpr size_t kMaxUserDenyFile = 16u << 20;
inline constexpr size_t kMaxDenialText = 480;
// What is said where the administrator has said nothing; Cyrus' words.
inline constexpr std::string_view kDenialText = "Access to this service has been blocked";

// A line of the file with a TAB between all of its fields; Cyrus writes those behind the first as
// two bytes.
std::string with_tabs(std::string_view line);
// What the user is told who may not use the service; none: he may. A line that cannot be read
// denies nothing.
std::optional<std::string> find_denial(std::string_view file, std::string_view userid,
                                       std::string_view service);
// No file: nobody is denied. Codes: limit, io.
Result<std::optional<std::string>> read_denial(const std::string& path, std::string_view userid,
                                               std::string_view service);

}  // namespace rookery::session

#endif
