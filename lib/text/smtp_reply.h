// SmtpReply: what an SMTP or LMTP server answers to one command (RFC 5321 4.2, RFC 2033), with the
// enhanced status code at the beginning of its text (RFC 2034, RFC 3463 2): its one reader and its
// one writer.
//
// The reader takes one line after the other, as whatever it talks to gives them; a stream's loop is
// backend::read_smtp_reply. Every line has the code of the first. What other servers write may go
// into answers of ours, so control bytes are left out of the text. Codes: syntax (not a reply, or
// another code in it), limit (kMaxLine, kMaxLines). Values.
#ifndef ROOKERY_LIB_TEXT_SMTP_REPLY_H
#define ROOKERY_LIB_TEXT_SMTP_REPLY_H

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace rookery::text {

struct SmtpReply {
    int code = 250;                  // 200 to 599
    std::vector<std::string> lines;  // without the code; the last one ends the reply

    int first_digit() const { return code / 100; }
    // Done (2xx). Not 3xx, which waits for more.
    bool is_positive() const { return first_digit() == 2; }
    std::string_view last_line() const;
    // "550 5.1.1 unknown", of the last line: for people.
    std::string summary() const;
    // "250-a CRLF 250 b CRLF"; a control byte in a line is a space.
    std::string to_string() const;
};

// status-code at the beginning of a text: class "." subject "." detail, then a space or the end;
// "" if there is none.
std::string_view enhanced_code(std::string_view text);

class SmtpReplyReader {
 public:
    // What RFC 5321 4.5.3.1.5 has is 512; EHLO and AUTH may be longer (RFC 4954 4).
    static constexpr size_t kMaxLine = 16384;
    static constexpr size_t kMaxLines = 200;

    // A line without its CRLF; true if it is the last one. Then, or after an error, the reader is
    // of no more use but for take().
    Result<bool> add(std::string_view line);
    SmtpReply take() { return std::move(reply_); }

 private:
    SmtpReply reply_;
};

}  // namespace rookery::text

#endif
