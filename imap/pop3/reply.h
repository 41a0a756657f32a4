// The answers of POP3: +OK and -ERR with their response codes (RFC 2449 8, RFC 3206), and the one
// table Code -> answer. Each ends with CRLF; text that comes from elsewhere loses its control
// characters. Pure functions; any thread.
#ifndef ROOKERY_IMAP_POP3_REPLY_H
#define ROOKERY_IMAP_POP3_REPLY_H

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::pop3 {

std::string ok(std::string_view text);
// code: without its brackets, "" for none.
std::string err(std::string_view code, std::string_view text);
// What is not about the client's own words or his messages is [SYS/TEMP], whatever it is, and no
// more is said than that.
std::string error_reply(const Error& error);
// True where the log should have the reason.
bool is_trouble(Code code);

}  // namespace rookery::pop3

#endif
