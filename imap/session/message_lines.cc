#include "imap/session/message_lines.h"

#include "lib/base/clock.h"

namespace rookery::session {
namespace {

constexpr size_t kPiece = stream::Stream::kWriteBuffer;

// Where the line that begins here ends, behind its LF.
size_t line_end(std::string_view text, size_t begin)
{
    const size_t feed = text.find('\n', begin);
    return feed == text.npos ? text.size() : feed + 1;
}

bool put_piece(stream::Stream& client, std::string_view bytes)
{
    client.put(bytes);
    client.set_deadline(Deadline::after(client.timeout()).or_told_to_end());
    return client.ok();
}

}  // namespace

bool send_text(stream::Stream& client, std::string_view text)
{
    size_t begin = 0;
    if (text.starts_with('.')) client.put('.');
    while (begin < text.size()) {
        const std::string_view piece = text.substr(begin, kPiece);
        // With the LF of the line before.
        const size_t dot = piece.find("\n.");
        const size_t size = dot == piece.npos ? piece.size() : dot + 1;
        if (!put_piece(client, piece.substr(0, size))) return false;
        begin += size;
        const bool begins_line = piece[size - 1] == '\n';
        if (begins_line && begin < text.size() && text[begin] == '.') client.put('.');
    }
    return client.ok();
}

bool send_message(stream::Stream& client, std::string_view message)
{
    if (!send_text(client, message)) return false;
    if (!message.ends_with("\r\n")) client.put("\r\n");
    client.put(".\r\n");
    return client.ok();
}

std::string_view top_of(std::string_view message, uint32_t lines)
{
    size_t at = 0;
    bool in_header = true;
    while (in_header && at < message.size()) {
        const size_t end = line_end(message, at);
        const std::string_view line = message.substr(at, end - at);
        in_header = line != "\r\n" && line != "\n";
        at = end;
    }
    for (; lines > 0 && at < message.size(); --lines) at = line_end(message, at);
    return message.substr(0, at);
}

size_t LinesEnd::take(std::string_view piece)
{
    size_t at = 0;
    while (at < piece.size() && !ended_) {
        // Inside a line nothing but its end matters.
        if (seen_ == Seen::more) {
            const size_t end = piece.find('\n', at);
            if (end == piece.npos) return piece.size();
            at = end + 1;
            seen_ = Seen::nothing;
            continue;
        }
        step(piece[at++]);
    }
    return at;
}

void LinesEnd::step(char c)
{
    if (c == '\n') {
        ended_ = seen_ == Seen::dot || seen_ == Seen::dot_cr;
        seen_ = Seen::nothing;
    } else if (seen_ == Seen::nothing && c == '.') {
        seen_ = Seen::dot;
    } else if (seen_ == Seen::dot && c == '\r') {
        seen_ = Seen::dot_cr;
    } else {
        seen_ = Seen::more;
    }
}

Status copy_lines(stream::Stream& server, stream::Stream& client)
{
    LinesEnd lines;
    while (!lines.ended() && client.ok()) {
        TRY(server.peek());
        const std::string_view piece = server.buffered();
        const size_t taken = lines.take(piece);
        client.put(piece.substr(0, taken));
        server.consume(taken);
    }
    return success();
}

}  // namespace rookery::session
