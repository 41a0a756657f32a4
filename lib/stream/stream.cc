// The buffers, the sticky error and the deadlines of a connection.
#include "lib/stream/stream.h"

#include <poll.h>
#include <string.h>

#include <algorithm>

#include "lib/base/signals.h"
#include "lib/stream/fd_layer.h"

namespace rookery::stream {

Stream::Stream(Fd fd) : top_(std::make_unique<FdLayer>(std::move(fd))) {}

Stream::Stream(std::unique_ptr<Layer> bottom) : top_(std::move(bottom)) {}

Stream::~Stream() = default;

void Stream::set_timeout(Milliseconds each_wait)
{
    timeout_ = each_wait;
}

Status Stream::status() const
{
    if (failed_) return error_;
    return success();
}

void Stream::fail(Error error)
{
    if (failed_) return;
    failed_ = true;
    error_ = std::move(error);
    out_.clear();
}

Status Stream::usable()
{
    if (!failed_ && !top_) fail(Error{Code::closed, "the connection is closed"});
    return status();
}

Status Stream::silence(Code code, std::string_view why)
{
    silenced_ = true;
    fail(Error{code, std::string(why)});
    return error_;
}

// Usable, and there is time left to listen to the peer.
Status Stream::readable()
{
    TRY(usable());
    if (!deadline_.passed()) return success();
    return silence(Code::timeout, "the time is over");
}

// The same before more is taken in: a request to end is seen although no wait is needed.
Status Stream::may_take_in()
{
    TRY(readable());
    if (allowance_ == 0) return silence(Code::limit, "the other end has said too much");
    if (deadline_.ends_when_told() && signals::terminate_pending())
        return silence(Code::timeout, "this process is told to end");
    return success();
}

void Stream::taken_in(size_t bytes)
{
    traffic_.received += bytes;
    if (allowance_ != UINT64_MAX) allowance_ -= std::min<uint64_t>(allowance_, bytes);
}

// Called with an empty buffer only.
// Behind the bytes that are kept, the last ones in the buffer.
Status Stream::fill(size_t kept)
{
    TRY(may_take_in());
    if (!in_) in_ = std::unique_ptr<char[]>(new char[kReadBuffer]);
    if (kept > 0) ::memmove(in_.get(), in_.get() + in_end_ - kept, kept);
    in_begin_ = 0;
    in_end_ = kept;
    auto n = top_->read({in_.get() + kept, kReadBuffer - kept}, wait_deadline());
    if (!n) {
        silenced_ = n.is(Code::timeout);
        fail(n.error());
        return std::move(n).error();
    }
    if (*n == 0) {
        fail(Error{Code::closed, "the other end closed the connection"});
        return error_;
    }
    in_end_ = kept + *n;
    taken_in(*n);
    return success();
}

Result<bool> Stream::buffer_more()
{
    const size_t kept = in_end_ - in_begin_;
    if (kept == kReadBuffer) return false;
    TRY(fill(kept));
    return true;
}

Result<char> Stream::peek()
{
    TRY(in_begin_ == in_end_ ? fill() : readable());
    return in_[in_begin_];
}

Result<char> Stream::get()
{
    TRY_ASSIGN(char c, peek());
    ++in_begin_;
    return c;
}

std::string_view Stream::buffered() const
{
    if (failed_ || !in_) return {};
    return {in_.get() + in_begin_, in_end_ - in_begin_};
}

void Stream::consume(size_t bytes)
{
    in_begin_ += std::min(bytes, in_end_ - in_begin_);
}

Result<std::string> Stream::read_line(size_t max)
{
    std::string line;
    for (;;) {
        TRY(peek());
        std::string_view have = buffered();
        size_t end = have.find('\n');
        std::string_view piece = have.substr(0, end);
        // One more than max, for the CR that may follow.
        size_t room = max + 1 - line.size();
        if (piece.size() > room) {
            consume(room);
            return Error{Code::limit, "the line is too long"};
        }
        line.append(piece);
        consume(piece.size());
        if (end == std::string_view::npos) continue;
        if (line.size() > max && line.back() != '\r')
            return Error{Code::limit, "the line is too long"};
        consume(1);
        if (!line.empty() && line.back() == '\r') line.pop_back();
        return line;
    }
}

Status Stream::skip_line(size_t max)
{
    for (size_t skipped = 0;;) {
        TRY(peek());
        std::string_view have = buffered();
        size_t end = have.find('\n');
        size_t take = end == std::string_view::npos ? have.size() : end + 1;
        take = std::min(take, max - skipped);
        skipped += take;
        bool at_end = take > 0 && have[take - 1] == '\n';
        consume(take);
        if (at_end) return success();
        if (skipped >= max) return Error{Code::limit, "the line does not end"};
    }
}

Status Stream::read_exact(std::span<char> into)
{
    while (!into.empty()) {
        TRY_ASSIGN(size_t n, read_some(into));
        if (n == 0) {
            fail(Error{Code::closed, "the other end closed the connection"});
            return error_;
        }
        into = into.subspan(n);
    }
    return success();
}

Result<size_t> Stream::read_some(std::span<char> into)
{
    TRY(readable());
    if (into.empty()) return size_t{0};
    std::string_view have = buffered();
    if (!have.empty()) {
        size_t n = std::min(have.size(), into.size());
        ::memcpy(into.data(), have.data(), n);
        consume(n);
        return n;
    }
    TRY(may_take_in());
    auto n = top_->read(into, wait_deadline());
    if (!n) {
        silenced_ = n.is(Code::timeout);
        fail(n.error());
    }
    if (n) taken_in(*n);
    return n;
}

bool Stream::has_input() const
{
    if (!buffered().empty()) return true;
    if (failed_ || !top_ || !top_->has_pending()) return false;
    // What a layer holds may come to nothing (a deflate marker). An error shows when it is read.
    return top_->can_read().value_or(true);
}

Result<bool> Stream::take_input()
{
    TRY(usable());
    if (has_input()) return true;
    auto can = top_->can_read();
    if (!can) fail(can.error());
    return can;
}

Result<bool> Stream::wait_input(Deadline deadline)
{
    TRY(usable());
    deadline = deadline.min(deadline_);
    while (!has_input()) {
        pollfd waiting{fd(), POLLIN, 0};
        TRY_ASSIGN(int ready, signals::poll_fds({&waiting, 1}, deadline));
        if (ready > 0) {
            TRY_ASSIGN(const bool now, take_input());
            if (now) return true;
        }
        if (signals::terminate_seen() || deadline.passed()) return has_input();
    }
    return true;
}

Status Stream::flush()
{
    drain();
    TRY(usable());
    auto flushed = top_->flush(wait_deadline());
    if (!flushed) fail(flushed.error());
    return flushed;
}

void Stream::drain()
{
    if (!usable()) return;
    if (out_.empty()) return;
    auto written = top_->write(out_, wait_deadline());
    traffic_.sent += out_.size();
    out_.clear();
    // A large answer does not leave its memory behind.
    if (out_.capacity() > 2 * kWriteBuffer) out_.shrink_to_fit();
    if (!written) fail(written.error());
}

// A socket that is writable has room for some kilobytes.
bool Stream::can_flush() const
{
    constexpr size_t kSurely = 1024;
    if (!ok() || !top_ || out_.size() > kSurely) return false;
    pollfd wanted{top_->fd(), POLLOUT, 0};
    if (wanted.fd < 0) return true;
    const auto ready = signals::poll_fds({&wanted, 1}, Deadline::after(Milliseconds(0)));
    return ready && *ready > 0 && (wanted.revents & POLLOUT) != 0;
}

void Stream::last_word(std::string_view text)
{
    if (!silenced_ || !top_) return;
    silenced_ = false;
    const Deadline now = Deadline::after(Milliseconds(0));
    if (top_->write(text, now) && top_->flush(now)) top_->shut_down();
}

Status Stream::write_through(std::string_view bytes)
{
    drain();
    TRY(usable());
    auto written = top_->write(bytes, wait_deadline());
    traffic_.sent += bytes.size();
    if (!written) fail(written.error());
    return written;
}

Status Stream::before_push()
{
    TRY(flush());
    if (!buffered().empty()) {
        fail(Error{Code::syntax, "unread input before a new layer"});
        return error_;
    }
    return success();
}

void Stream::unwrap_layer()
{
    if (!top_) return;
    if (auto below = top_->take_below()) top_ = std::move(below);
}

void Stream::release_buffers()
{
    if (in_begin_ == in_end_) {
        in_.reset();
        in_begin_ = in_end_ = 0;
    }
    if (out_.empty()) std::string().swap(out_);
}

void Stream::close()
{
    if (top_) {
        if (!failed_) {
            drain();
            if (!failed_) {
                auto flushed = top_->flush(wait_deadline());
                if (!flushed) fail(flushed.error());
            }
        }
        if (!failed_) top_->shut_down();
        top_.reset();
    }
    fail(Error{Code::closed, "the connection is closed"});
    in_begin_ = in_end_ = 0;
    release_buffers();
}

Status copy(Stream& from, Stream& to, uint64_t n)
{
    constexpr size_t kChunk = 65536;
    constexpr size_t kDirect = 4096;  // less than this is worth collecting
    if (n <= Stream::kReadBuffer) {
        while (n > 0) {
            TRY(from.peek());
            std::string_view have = from.buffered();
            have = have.substr(0, std::min<uint64_t>(have.size(), n));
            to.put(have);
            TRY(to.status());
            n -= have.size();
            from.consume(have.size());
        }
        return success();
    }
    const std::unique_ptr<char[]> chunk(new char[std::min<uint64_t>(kChunk, n)]);
    while (n > 0) {
        TRY_ASSIGN(size_t got, from.read_some({chunk.get(), std::min<uint64_t>(kChunk, n)}));
        if (got == 0) {
            from.fail(Error{Code::closed, "the other end closed the connection"});
            return from.error();
        }
        std::string_view bytes(chunk.get(), got);
        if (got < kDirect) {
            to.put(bytes);
            TRY(to.status());
        } else {
            TRY(to.write_through(bytes));
        }
        n -= got;
    }
    return success();
}

}  // namespace rookery::stream
