// What the dialects share: one line of a peer's banner, capabilities or login, with a maximum, and
// base64 in both directions. After the login IMAP is read by ReplyReader (reply_reader.h).
// Codes: syntax (the peer breaks its protocol), limit, unavailable, unsupported, and the stream's
// own.
#ifndef ROOKERY_IMAP_BACKEND_REPLY_LINES_H
#define ROOKERY_IMAP_BACKEND_REPLY_LINES_H

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/stream/stream.h"
#include "lib/text/smtp_reply.h"

namespace rookery::backend {

inline constexpr size_t kMaxReplyLine = 16384;
inline constexpr size_t kMaxReplyLines = 200;  // of one answer before the login
inline constexpr size_t kMaxCapabilities = 500;

Result<std::string> read_reply_line(stream::Stream& stream);
// A whole reply of SMTP or LMTP.
Result<text::SmtpReply> read_smtp_reply(stream::Stream& stream);
Status send_line(stream::Stream& stream, std::string_view line);
Error protocol_error(std::string_view what, std::string_view line);
// unsupported: the peer said no, and the connection is as it was.
Error refused_error(std::string_view what, std::string_view answer);
// A challenge: base64, empty for an empty one.
Result<std::string> decode_challenge(std::string_view base64);
// The line of SASL's answer, and the one that gives up, where a protocol has them so.
Status answer_in_base64(stream::Stream& stream, std::string_view data);
Status cancel_with_star(stream::Stream& stream);
// The words of a CAPABILITY list, in upper case.
void add_capabilities(std::string_view words, std::vector<std::string>& caps);
// Those of "* OK [CAPABILITY ...]" and "A1 OK [CAPABILITY ...]"; false if there is no such list.
bool add_capability_code(std::string_view line, std::vector<std::string>& caps);

}  // namespace rookery::backend

#endif
