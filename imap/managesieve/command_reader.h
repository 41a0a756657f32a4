// CommandReader: what a ManageSieve client says, word by word (RFC 5804 4).
//
//   command = verb *(SP (string / number)) CRLF
//   string  = quoted, at most kMaxQuoted bytes, or a literal {n+} (or {n}: nobody is to go on)
//
// A word is read with the maximum that the caller has for it, so nothing is held that a command
// cannot use. Whatever is wrong, the command is read to its end: the next one begins where the
// client means it to. Only where its end cannot be known, or is further than kMaxSkip bytes, is
// is_lost() true, and nothing more can be read.
//
// Codes: syntax, limit (a string over its maximum), and the stream's own. Borrows the stream. One
// thread.
#ifndef ROOKERY_IMAP_MANAGESIEVE_COMMAND_READER_H
#define ROOKERY_IMAP_MANAGESIEVE_COMMAND_READER_H

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::managesieve {

class CommandReader {
 public:
    static constexpr size_t kMaxVerb = 32;
    static constexpr size_t kMaxQuoted = 1024;
    static constexpr uint64_t kMaxSkip = 16u << 20;
    static constexpr uint64_t kMaxNumber = UINT32_MAX;

    explicit CommandReader(stream::Stream& client) : client_(client) {}

    // In upper case. After an error of any of these the command has been read to its end.
    Result<std::string> verb();
    Result<std::string> string(size_t max);
    Result<uint64_t> number();
    // False at the end of the line, which it takes.
    Result<bool> has_argument();
    Status end();
    // The answer to a challenge: a string and the end of its line.
    Result<std::string> answer(size_t max);
    // To the end of the command, whatever is left of it.
    Status skip();

    bool is_lost() const { return lost_; }

 private:
    Result<std::string> quoted(size_t max);
    Result<std::string> literal(size_t max);
    Result<uint64_t> literal_size();
    Status line_end();
    // The rest of the command away, then this error.
    Error wrong(Code code, std::string_view what);
    Status skip_bytes(uint64_t n);

    stream::Stream& client_;
    bool lost_ = false;
    uint64_t skipped_ = 0;  // of this command
};

}  // namespace rookery::managesieve

#endif
