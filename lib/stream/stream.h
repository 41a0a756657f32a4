// Stream: a buffered connection with layers, a sticky error and a deadline on every wait.
//
// Owns its layers and through them the descriptor. The first failure is remembered: later calls do
// nothing and give the same error, so an engine looks at ok() once per command. put() collects
// output; flush() sends it in one write (a full buffer of kWriteBuffer bytes goes out by itself).
// A read that has to wait flushes first only if the caller did: engines flush explicitly.
// The buffers are allocated at first use and given back by release_buffers(), so that an idle
// session costs little.
// Codes: timeout, closed (the other end is gone; also a clean end of file in the middle of a read),
// limit (a line over its maximum), io. Thread rule: one thread at a time.
#ifndef ROOKERY_LIB_STREAM_STREAM_H
#define ROOKERY_LIB_STREAM_STREAM_H

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/base/strings.h"
#include "lib/stream/layer.h"

namespace rookery::stream {

class Stream {
 public:
    static constexpr size_t kReadBuffer = 8192;
    static constexpr size_t kWriteBuffer = 16384;

    // Over a connected socket or pipe, which is made non-blocking; TCP gets TCP_NODELAY.
    explicit Stream(Fd fd);
    explicit Stream(std::unique_ptr<Layer> bottom);
    Stream(Stream&&) noexcept = default;
    Stream& operator=(Stream&&) noexcept = default;
    ~Stream();

    // Each wait for the other end lasts at most this long; the default is 30 minutes.
    void set_timeout(Milliseconds each_wait);
    Milliseconds timeout() const { return timeout_; }
    // If set, no wait goes on beyond it, whatever the timeout, and after it nothing is read, even
    // if there is something: a peer that never pauses gains nothing. What is to be written still
    // goes out as far as that needs no wait. With one that ends_when_told() nothing more is taken
    // in once the process is told to end, and what was said has FdLayer::kLastWords to leave.
    void set_deadline(Deadline deadline) { deadline_ = deadline; }
    // So many bytes more are read, then it is over in the same way, with Code::limit.
    void set_allowance(uint64_t bytes) { allowance_ = bytes; }
    // Until when a wait that begins now may last.
    Deadline wait_deadline() const { return Deadline::after(timeout_).min(deadline_); }

    bool ok() const { return !failed_; }
    const Error& error() const { return error_; }
    Status status() const;
    // Records a failure of our own (protocol broken): everything after it is a no-op.
    void fail(Error error);

    // --- reading
    // The next byte without taking it. Waits for one.
    Result<char> peek();
    Result<char> get();
    // A line without its CRLF (or bare LF). Over max bytes: Code::limit, NOT sticky; the line stays
    // half read and skip_line() gets past it.
    Result<std::string> read_line(size_t max);
    // Reads and drops up to and including the next LF, at most max bytes (then Code::limit).
    Status skip_line(size_t max);
    Status read_exact(std::span<char> into);
    // 1..n bytes of what is there; 0 at a clean end of file.
    Result<size_t> read_some(std::span<char> into);
    // What is in the buffer now (after peek: at least one byte); take it with consume.
    std::string_view buffered() const;
    void consume(size_t bytes);
    // Waits until more is in the buffer than there was. False: it is full (kReadBuffer bytes).
    Result<bool> buffer_more();
    // True if a read would not wait: bytes in the buffer or in a layer.
    bool has_input() const;
    // Waits until a read would not wait, end of file counts; false when the time passed or a signal
    // came (signals::terminate_seen).
    Result<bool> wait_input(Deadline deadline);
    // After a poll has shown the descriptor readable: true if a read would not wait now. A layer
    // may need several records for one byte of text.
    Result<bool> take_input();

    // --- writing
    template <class... Parts>
    void put(const Parts&... parts)
    {
        if (failed_) return;
        (append_to(out_, parts), ...);
        if (out_.size() >= kWriteBuffer) drain();
    }
    Status flush();
    // Would a flush() of what was put, and of a line more, need no wait?
    bool can_flush() const;
    // After reading failed because it has lasted long enough: sends this as far as that needs no
    // wait. Else nothing: the line may be broken, or in the midst of something.
    void last_word(std::string_view text);
    // How many bytes came and went since the last call, above all layers.
    struct Traffic {
        uint64_t received = 0;
        uint64_t sent = 0;
    };
    Traffic take_traffic() { return std::exchange(traffic_, {}); }
    size_t unflushed() const { return out_.size(); }

    // --- layers
    // make gets the present top and gives the new one. Fails with Code::syntax if unread plaintext
    // is in the buffer (STARTTLS injection); flushes first. The handshake has been done by make.
    template <class Make>
    Status push_layer(Make make)
    {
        TRY(before_push());
        auto made = make(std::move(top_));
        if (!made) {
            fail(made.error());
            return std::move(made).error();
        }
        top_ = *std::move(made);
        return success();
    }
    // The same for a layer that lets the bytes through as they are (telemetry): unread input stays.
    template <class Make>
    void wrap_layer(Make make)
    {
        if (top_) top_ = make(std::move(top_));
    }
    // Undoes wrap_layer, if that layer is the top one.
    void unwrap_layer();
    Layer* top() { return top_.get(); }
    int fd() const { return top_ ? top_->fd() : -1; }
    bool is_open() const { return top_ != nullptr; }

    // Gives back the memory of empty buffers.
    void release_buffers();
    // Flushes, says good-bye in each layer and closes. ok() is false afterwards (Code::closed).
    void close();

 private:
    friend Status copy(Stream& from, Stream& to, uint64_t n);
    Status before_push();
    Status usable();
    Status readable();
    Status may_take_in();
    void taken_in(size_t bytes);
    Status silence(Code code, std::string_view why);
    Status fill(size_t kept = 0);
    Status write_through(std::string_view bytes);
    void drain();

    std::unique_ptr<Layer> top_;
    std::unique_ptr<char[]> in_;
    size_t in_begin_ = 0;
    size_t in_end_ = 0;
    Traffic traffic_;
    std::string out_;
    Milliseconds timeout_{30 * 60 * 1000};
    Deadline deadline_ = Deadline::never();
    uint64_t allowance_ = UINT64_MAX;
    bool failed_ = false;
    bool silenced_ = false;  // it may still be told why nothing more is read
    Error error_{Code::closed, {}};
};

// Moves exactly n bytes from one stream to the other through a bounded buffer. A failure of from
// or to is that stream's sticky error and is returned.
Status copy(Stream& from, Stream& to, uint64_t n);

}  // namespace rookery::stream

#endif
