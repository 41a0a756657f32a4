// DataReader: the text after DATA or POST, up to the line with the dot (RFC 5321 4.5.2, RFC 3977
// 3.1.1).
//
// Only CRLF.CRLF ends it. Gives the text in pieces with every line ended by CRLF: a bare LF becomes
// one, a bare CR is left out, so that no server behind us can see an end that we did not see. Reads
// to the end whatever the receiver of the pieces thinks of them. Codes: those of the stream.
#ifndef ROOKERY_IMAP_SESSION_DATA_READER_H
#define ROOKERY_IMAP_SESSION_DATA_READER_H

#include <functional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::session {

class DataReader {
 public:
    using Sink = std::function<void(std::string_view)>;
    explicit DataReader(Sink sink) : sink_(std::move(sink)) {}
    Status read(stream::Stream& client);
    // Takes bytes until the end was seen; gives how many. done() tells.
    size_t feed(std::string_view bytes);
    bool done() const { return state_ == State::done; }

 private:
    enum class State { line_start, text, cr, dot, dot_cr, done };
    void step(char c);
    void text(char c);
    void give();

    Sink sink_;
    State state_ = State::line_start;
    std::string out_;
};

}  // namespace rookery::session

#endif
