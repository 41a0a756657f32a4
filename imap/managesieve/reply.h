// The answers of ManageSieve (RFC 5804 1.2, 1.3), written; and the one table Code -> answer.
//
// Pure functions; any thread.
#ifndef ROOKERY_IMAP_MANAGESIEVE_REPLY_H
#define ROOKERY_IMAP_MANAGESIEVE_REPLY_H

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::managesieve {

enum class Word { ok, no, bye };

// `OK (CODE) "text"`, with CRLF. code: without its parentheses, "" for none; an empty text is left
// out, one of several lines is a literal.
std::string reply(Word word, std::string_view code, std::string_view text);
// NO for an error. What is not about the client's own words is temporary: TRYLATER, and no more is
// said than that.
std::string error_reply(const Error& error);
// True where the log should have the reason.
bool is_trouble(Code code);
// A string as quoted, or as a literal where that cannot be.
std::string to_string(std::string_view text);
// What a client sends: a literal does not wait.
std::string to_client_string(std::string_view text);

}  // namespace rookery::managesieve

#endif
