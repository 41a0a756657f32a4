#include "imap/backend/reply_reader.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::backend {
namespace {

constexpr size_t kTail = 32;  // longer than "~{18446744073709551615+}" and a CR

struct ToStream {
    stream::Stream& to;
    Status line(std::string_view piece)
    {
        to.put(piece);
        return to.status();
    }
    Status line_end()
    {
        to.put("\r\n");
        return to.status();
    }
    Status literal(stream::Stream& from, uint64_t size) { return stream::copy(from, to, size); }
};

struct ToNothing {
    Status line(std::string_view) { return success(); }
    Status line_end() { return success(); }
    Status literal(stream::Stream& from, uint64_t size)
    {
        while (size > 0) {
            TRY(from.peek());
            uint64_t n = std::min<uint64_t>(from.buffered().size(), size);
            from.consume(static_cast<size_t>(n));
            size -= n;
        }
        return success();
    }
};

// Keeps up to max bytes, counts the rest.
struct ToString {
    std::string& out;
    size_t max;
    bool overflow = false;
    Status line(std::string_view piece)
    {
        if (piece.size() > max - std::min(max, out.size())) overflow = true;
        if (!overflow) out.append(piece);
        return success();
    }
    Status line_end() { return line("\r\n"); }
    Status literal(stream::Stream& from, uint64_t size)
    {
        while (size > 0) {
            TRY(from.peek());
            std::string_view have = from.buffered();
            have = have.substr(0, static_cast<size_t>(std::min<uint64_t>(have.size(), size)));
            TRY(line(have));
            from.consume(have.size());
            size -= have.size();
        }
        return success();
    }
};

Error protocol_broken(std::string_view what)
{
    return Error{Code::syntax, cat("the server breaks the protocol: ", what)};
}

// The next word of head from at; at moves behind it and one space.
std::string_view next_word(std::string_view head, size_t& at)
{
    size_t end = std::min(head.find(' ', at), head.size());
    std::string_view word = head.substr(at, end - at);
    at = std::min(end + 1, head.size());
    return word;
}

Status classify(Reply& reply)
{
    std::string_view head = reply.head;
    if (head.starts_with('+')) {
        reply.kind = Reply::Kind::continuation;
        reply.text_begin = head.size() > 1 && head[1] == ' ' ? 2 : 1;
        return success();
    }
    size_t at = 0;
    std::string_view first = next_word(head, at);
    if (first.empty() || at == head.size()) return protocol_broken("a line without a word");
    if (first != "*") {
        reply.kind = Reply::Kind::tagged;
        reply.tag = std::string(first);
    }
    std::string_view word = next_word(head, at);
    if (auto number = to_number<uint32_t>(word); number && reply.kind == Reply::Kind::untagged) {
        reply.number = *number;
        reply.has_number = true;
        word = next_word(head, at);
    }
    reply.word = to_upper(word);
    reply.text_begin = at;
    return success();
}

}  // namespace

std::string_view Reply::text() const
{
    return std::string_view(head).substr(std::min(text_begin, head.size()));
}

void ReplyReader::Tail::add(std::string_view piece)
{
    if (piece.size() > kTail) piece.remove_prefix(piece.size() - kTail);
    last.append(piece);
    if (last.size() > kTail) last.erase(0, last.size() - kTail);
}

Result<std::string_view> ReplyReader::line_piece(bool& ended)
{
    TRY(from_.peek());
    std::string_view have = from_.buffered();
    size_t newline = have.find('\n');
    ended = newline != std::string_view::npos;
    std::string_view piece = have.substr(0, newline);
    return piece;
}

// The line is over: a literal follows, or the response is done.
Status ReplyReader::end_line()
{
    const auto literal = literals_ ? text::literal_at_end(tail_.last) : std::nullopt;
    tail_.last.clear();
    state_ = literal ? State::at_literal : State::done;
    literal_ = literal ? literal->size : 0;
    return success();
}

Result<Reply> ReplyReader::next()
{
    TRY(drop_rest());
    Reply reply;
    bool ended = false;
    // One byte more if the last is a CR, which may belong to the end of the line.
    while (!ended && (reply.head.size() < kMaxHead || reply.head.ends_with('\r'))) {
        TRY_ASSIGN(std::string_view piece, line_piece(ended));
        size_t room = reply.head.size() < kMaxHead ? kMaxHead - reply.head.size() : 1;
        if (piece.size() > room) {
            piece = piece.substr(0, room);
            ended = false;
        }
        reply.head.append(piece);
        from_.consume(piece.size() + (ended ? 1 : 0));
    }
    if (ended && reply.head.ends_with('\r')) reply.head.pop_back();
    TRY(classify(reply));
    literals_ = reply.kind == Reply::Kind::untagged && !reply.is_status();
    tail_.last.clear();
    tail_.add(reply.head);
    state_ = State::in_line;
    if (ended) TRY(end_line());
    return reply;
}

template <class Sink>
Status ReplyReader::rest(Sink& sink)
{
    bool held_cr = false;  // a CR at the end of a piece may belong to the end of the line
    while (state_ != State::done) {
        if (state_ == State::at_literal) {
            TRY(sink.literal(from_, literal_));
            state_ = State::in_line;
            continue;
        }
        bool ended = false;
        TRY_ASSIGN(std::string_view piece, line_piece(ended));
        size_t taken = piece.size() + (ended ? 1 : 0);
        if (held_cr && !piece.empty()) {
            TRY(sink.line("\r"));
            tail_.add("\r");
            held_cr = false;
        }
        if (piece.ends_with('\r')) {
            held_cr = true;
            piece.remove_suffix(1);
        }
        tail_.add(piece);
        TRY(sink.line(piece));
        from_.consume(taken);
        if (!ended) continue;
        held_cr = false;
        TRY(sink.line_end());
        TRY(end_line());
    }
    return success();
}

Status ReplyReader::copy_to(stream::Stream& to, const Reply& reply)
{
    ToStream sink{to};
    to.put(reply.head);
    if (state_ != State::in_line) to.put("\r\n");
    TRY(to.status());
    return rest(sink);
}

Status ReplyReader::drop_rest()
{
    ToNothing sink;
    return rest(sink);
}

Result<std::string> ReplyReader::read_whole(const Reply& reply, size_t max)
{
    std::string out;
    ToString sink{out, max};
    TRY(sink.line(reply.head));
    if (state_ != State::in_line) TRY(sink.line_end());
    TRY(rest(sink));
    if (sink.overflow) return Error{Code::limit, "the server's response is too long"};
    return out;
}

std::optional<uint64_t> ReplyReader::literal_size() const
{
    if (state_ != State::at_literal) return std::nullopt;
    return literal_;
}

Status ReplyReader::literal_taken()
{
    if (state_ == State::at_literal) state_ = State::in_line;
    return success();
}

}  // namespace rookery::backend
