// The text after DATA.
#include "imap/session/data_reader.h"

namespace rookery::session {
namespace {

constexpr size_t kPiece = 32768;

}  // namespace

Status DataReader::read(stream::Stream& client)
{
    while (!done()) {
        TRY(client.peek());
        client.consume(feed(client.buffered()));
    }
    return success();
}

size_t DataReader::feed(std::string_view bytes)
{
    size_t n = 0;
    while (n < bytes.size() && !done()) step(bytes[n++]);
    if (done() || out_.size() >= kPiece) give();
    return n;
}

void DataReader::step(char c)
{
    switch (state_) {
        case State::line_start:
            if (c == '.')
                state_ = State::dot;
            else
                text(c);
            break;
        case State::text: text(c); break;
        case State::cr:
            if (c == '\n') {
                out_.append("\r\n");
                state_ = State::line_start;
            } else {
                text(c);
            }
            break;
        case State::dot:
            // The dot was put there by the client: it is left out.
            if (c == '\r')
                state_ = State::dot_cr;
            else
                text(c);
            break;
        case State::dot_cr:
            if (c == '\n')
                state_ = State::done;
            else
                text(c);
            break;
        case State::done: break;
    }
}

void DataReader::text(char c)
{
    if (c == '\r') {
        state_ = State::cr;
        return;
    }
    state_ = State::text;
    if (c == '\n') out_.push_back('\r');
    out_.push_back(c);
}

void DataReader::give()
{
    if (!out_.empty()) sink_(out_);
    out_.clear();
}

}  // namespace rookery::session
