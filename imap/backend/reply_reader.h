// ReplyReader: takes apart what an IMAP server sends, one response at a time.
//
// next() reads the beginning of a response (at most kMaxHead bytes of its first line) and says what
// it is. The rest, with all its literals, is then passed on by copy_to() without being held,
// dropped, or read whole up to a maximum. next() drops what was left of the one before.
// Literals are looked for in untagged data only: the text of OK, NO, BAD, BYE and of a tagged line
// may end in "{5}" and mean nothing by it. Borrows the stream. One thread.
// Codes: syntax (the server breaks the protocol), limit, and those of the streams.
#ifndef ROOKERY_IMAP_BACKEND_REPLY_READER_H
#define ROOKERY_IMAP_BACKEND_REPLY_READER_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::backend {

struct Reply {
    enum class Kind { untagged, continuation, tagged };
    Kind kind = Kind::untagged;
    std::string head;     // without CRLF; all of the first line if it is not longer than kMaxHead
    std::string tag;      // tagged
    std::string word;     // upper case: "OK", "EXISTS" (for "* 5 EXISTS"), "LIST" ...
    uint32_t number = 0;  // the 5 of "* 5 EXISTS"
    bool has_number = false;
    std::string_view text() const;  // what follows word (and one space) in head

    bool is_status() const
    {
        return word == "OK" || word == "NO" || word == "BAD" || word == "BYE";
    }
    size_t text_begin = 0;
};

class ReplyReader {
 public:
    static constexpr size_t kMaxHead = 16384;

    explicit ReplyReader(stream::Stream& from) : from_(from) {}

    Result<Reply> next();
    // True if the head is everything.
    bool complete() const { return state_ == State::done; }
    // The response whole: head, and what follows.
    Status copy_to(stream::Stream& to, const Reply& reply);
    Status drop_rest();
    // Head, CRLF, literals and all; Code::limit (and the rest dropped) if longer than max.
    Result<std::string> read_whole(const Reply& reply, size_t max);
    // The head ends in a literal of this size: the caller takes the bytes from the stream itself
    // (all of them) and then calls literal_taken(); the rest is passed on as usual.
    std::optional<uint64_t> literal_size() const;
    Status literal_taken();

 private:
    enum class State { done, in_line, at_literal };
    // What tells whether a line ends in a literal's head.
    struct Tail {
        std::string last;  // the last few bytes of the line so far
        void add(std::string_view piece);
    };
    // One piece of a line: bytes up to CRLF or the end of the buffer.
    Result<std::string_view> line_piece(bool& ended);
    Status end_line();
    template <class Sink>
    Status rest(Sink& sink);

    stream::Stream& from_;
    State state_ = State::done;
    bool literals_ = false;  // this response may hold literals
    uint64_t literal_ = 0;
    Tail tail_;
};

}  // namespace rookery::backend

#endif
