// Answer: the first line of what a server of news says to a command (RFC 3977 3.2). A value.
// Codes: syntax (that is no answer), and those of the stream.
#ifndef ROOKERY_IMAP_NNTP_ANSWER_H
#define ROOKERY_IMAP_NNTP_ANSWER_H

#include <string>

#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::nntp {

inline constexpr size_t kMaxStatusLine = 2048;  // of a server; RFC 3977 3.1 has 512

struct Answer {
    int code = 0;
    std::string line;  // without CRLF
};
// server: for the text of an error.
Result<Answer> read_answer(stream::Stream& stream, const std::string& server);

}  // namespace rookery::nntp

#endif
