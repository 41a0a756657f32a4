// A message as the lines of an answer (RFC 1939 3, RFC 3977 3.1.1): as it is stored, but for a
// second dot in front of each line that begins with one, and a CRLF where the last line has none.
//
// A bare LF ends a line too: clients split there. Goes out in pieces, so that memory does not grow
// with the message, and each piece has the stream's timeout for itself: a slow client gets a large
// message, one that takes nothing does not keep the server. One thread.
#ifndef ROOKERY_IMAP_SESSION_MESSAGE_LINES_H
#define ROOKERY_IMAP_SESSION_MESSAGE_LINES_H

#include <cstdint>
#include <string_view>

#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::session {

// Whole lines. False: the client took no more of them.
bool send_text(stream::Stream& client, std::string_view text);
// The message and the line with a single dot. False: the client took no more of it.
bool send_message(stream::Stream& client, std::string_view message);
// TOP: the header, its empty line, and so many lines of the body.
std::string_view top_of(std::string_view message, uint32_t lines);

// Of lines that come in pieces: where the one with the single dot ends.
class LinesEnd {
 public:
    // So much of the piece belongs to the lines, with the one that ends them.
    size_t take(std::string_view piece);
    bool ended() const { return ended_; }

 private:
    enum class Seen : unsigned char { nothing, dot, dot_cr, more };
    void step(char c);

    Seen seen_ = Seen::nothing;  // of the line
    bool ended_ = false;
};

// The lines of another server's answer as they come, through the streams' buffers, whatever their
// size, and no faster than the client takes them. A client that is lost ends it, and is no error.
Status copy_lines(stream::Stream& server, stream::Stream& client);

}  // namespace rookery::session

#endif
