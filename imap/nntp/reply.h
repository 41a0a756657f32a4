// The replies of NNTP that are ours: a code and a text in one line (RFC 3977 3.2).
//
// The one table Code -> reply, for what a client asked of a group or an article; where a command
// has a code of its own for it, its function says that itself. Values.
#ifndef ROOKERY_IMAP_NNTP_REPLY_H
#define ROOKERY_IMAP_NNTP_REPLY_H

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::nntp {

// With its CRLF; of the text what can stand in a line.
std::string reply(int code, std::string_view text);
std::string error_reply(const Error& error);
// This server's trouble, which goes to the log, and not the client's mistake.
bool is_trouble(Code code);

}  // namespace rookery::nntp

#endif
