// Reply: one answer of LMTP (RFC 5321 4.2), with its enhanced status code (RFC 2034).
//
// The one table Code -> reply. An error says who is asked about: only what was found out about the
// recipient or the message is permanent (5xx); the same code from a file, the list or another
// server is our trouble and temporary (4xx), so that no state of this server bounces mail. Values.
#ifndef ROOKERY_IMAP_LMTP_REPLY_H
#define ROOKERY_IMAP_LMTP_REPLY_H

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::lmtp {

struct Reply {
    int code = 250;
    std::vector<std::string> lines;  // without the code; the last one ends the reply

    // Done (2xx). Not 3xx, which waits for more.
    bool is_positive() const { return code / 100 == 2; }
    // "250-a CRLF 250 b CRLF"
    std::string to_string() const;
};

Reply reply(int code, std::string text);
// Our trouble, whatever it is: 4xx.
Reply trouble_reply(const Error& error);
// What Recipients::resolve found: not_found, bad_name, syntax and limit are about the address,
// denied about the sender's right; the rest is trouble.
Reply recipient_reply(const Error& error);
// What MessageFilter found: syntax and limit are about the message; the rest is trouble.
Reply message_reply(const Error& error);
Reply over_quota_reply(bool permanent, std::string_view session_id);
// What a client of the peer reads: a whole reply, of 200 to 599. Codes: syntax, limit, and those of
// the stream.
Result<Reply> read_reply(stream::Stream& stream);
// The enhanced status code at the beginning of the last line ("5.1.1"), or "".
std::string_view enhanced_code(const Reply& reply);

}  // namespace rookery::lmtp

#endif
