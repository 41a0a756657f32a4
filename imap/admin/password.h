// Passwords that are typed: not shown, not buffered beyond their line. Cannot fail: what cannot be
// read is "". One thread; for mains only.
#ifndef ROOKERY_IMAP_ADMIN_PASSWORD_H
#define ROOKERY_IMAP_ADMIN_PASSWORD_H

#include <string>
#include <string_view>

namespace rookery::admin {

inline constexpr size_t kMaxPassword = 1024;

// A line without its end, byte by byte so that nothing behind it is taken; longer than kMaxPassword
// where it was too long.
std::string read_line(int fd);
// The same behind a prompt, with the echo off where fd is a terminal.
std::string ask_hidden(int fd, int prompt_fd, std::string_view prompt);
// At the terminal of this process, or at the standard input where it has none.
std::string ask_password(std::string_view prompt);

}  // namespace rookery::admin

#endif
