// Reply: one answer of LMTP (RFC 5321 4.2), with its enhanced status code (RFC 2034).
//
// reply_for is the one table Code -> reply. Everything that is our trouble and not the recipient's
// is temporary. Values.
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
Reply reply_for(const Error& error, bool quota_is_permanent = false);
// What a client of the peer reads: a whole reply, of 200 to 599. Codes: syntax, limit, and those of
// the stream.
Result<Reply> read_reply(stream::Stream& stream);
// The enhanced status code at the beginning of the last line ("5.1.1"), or "".
std::string_view enhanced_code(const Reply& reply);

}  // namespace rookery::lmtp

#endif
