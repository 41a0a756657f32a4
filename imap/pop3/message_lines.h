// A message as the lines of an answer (RFC 1939 3): as it is stored, but for a second dot in front
// of each line that begins with one, and a CRLF where the last line has none.
//
// A bare LF ends a line too: clients split there. Goes out in pieces, so that memory does not grow
// with the message, and each piece has the stream's timeout for itself: a slow client gets a large
// message, one that takes nothing does not keep the server. One thread.
#ifndef ROOKERY_IMAP_POP3_MESSAGE_LINES_H
#define ROOKERY_IMAP_POP3_MESSAGE_LINES_H

#include <cstdint>
#include <string_view>

#include "lib/stream/stream.h"

namespace rookery::pop3 {

// The message and the line with a single dot. False: the client took no more of it.
bool send_message(stream::Stream& client, std::string_view message);
// TOP: the header, its empty line, and so many lines of the body.
std::string_view top_of(std::string_view message, uint32_t lines);

}  // namespace rookery::pop3

#endif
