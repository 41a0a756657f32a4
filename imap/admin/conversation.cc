// A conversation with a server.
#include "imap/admin/conversation.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "lib/base/fd.h"
#include "lib/base/signals.h"

namespace rookery::admin {
namespace {

// As much as fits where poll says that there is room, so that no write waits for a server which
// itself waits until its answers are read.
constexpr size_t kPiece = 512;

class Relay {
 public:
    Relay(stream::Stream& stream, int input, std::string_view logout)
        : stream_(stream), input_(input), logout_(logout)
    {
    }

    Status run()
    {
        for (;;) {
            TRY_ASSIGN(bool more, from_server());
            if (!more) return success();
            // Input is taken only when the last of it is on its way.
            pollfd fds[2] = {{stream_.fd(), POLLIN, 0}, {ended_ ? -1 : input_, POLLIN, 0}};
            if (!piece_.empty()) {
                fds[0].events = POLLIN | POLLOUT;
                fds[1].fd = -1;
            }
            TRY(signals::poll_fds(fds, Deadline::never()));
            if ((fds[0].revents & POLLOUT) != 0) TRY(to_server());
            if (fds[1].revents != 0) take_input();
        }
    }

 private:
    // What is there, without waiting. False at the end.
    Result<bool> from_server()
    {
        char bytes[8192];
        for (;;) {
            TRY_ASSIGN(bool ready, stream_.wait_input(Deadline::after(Milliseconds(0))));
            if (!ready) return true;
            TRY_ASSIGN(size_t n, stream_.read_some(bytes));
            if (n == 0) return false;
            say({bytes, n});
        }
    }

    Status to_server()
    {
        stream_.put(piece_);
        piece_.clear();
        return stream_.flush();
    }

    void take_input()
    {
        char bytes[kPiece / 2];
        ssize_t n = ::read(input_, bytes, sizeof bytes);
        if (n <= 0) {
            ended_ = true;
            piece_ = logout_;
            if (logout_.empty()) ::shutdown(stream_.top()->fd(), SHUT_WR);
            return;
        }
        for (char c : std::string_view(bytes, static_cast<size_t>(n))) {
            if (c == '\n' && last_ != '\r') piece_.push_back('\r');
            piece_.push_back(c);
            last_ = c;
        }
    }

    stream::Stream& stream_;
    int input_;
    std::string_view logout_;
    std::string piece_;  // for the server
    char last_ = 0;
    bool ended_ = false;
};

}  // namespace

void say(std::string_view text)
{
    if (!write_all(STDOUT_FILENO, text)) ::_exit(1);
}

void LinePrinter::add(std::string_view bytes)
{
    std::string out;
    for (char c : bytes) {
        if (c == '\r') continue;
        if (!in_line_) out += prefix_;
        in_line_ = c != '\n';
        out.push_back(c);
    }
    say(out);
}

void LinePrinter::end_line()
{
    if (in_line_) say("\n");
    in_line_ = false;
}

class Transcript::Shown final : public stream::Layer {
 public:
    Shown(Transcript& transcript, int number, std::unique_ptr<stream::Layer> below)
        : transcript_(transcript), number_(number), below_(std::move(below))
    {
    }
    Result<size_t> read(std::span<char> into, Deadline deadline) override
    {
        TRY_ASSIGN(size_t n, below_->read(into, deadline));
        if (number_ == transcript_.shown_) transcript_.server_.add({into.data(), n});
        return n;
    }
    Status write(std::string_view bytes, Deadline deadline) override
    {
        if (number_ == transcript_.shown_) transcript_.client_.add(bytes);
        return below_->write(bytes, deadline);
    }
    Status flush(Deadline deadline) override { return below_->flush(deadline); }
    bool has_pending() const override { return below_->has_pending(); }
    Result<bool> can_read() override { return below_->can_read(); }
    void shut_down() override { below_->shut_down(); }
    int fd() const override { return below_->fd(); }

 private:
    Transcript& transcript_;
    int number_;
    std::unique_ptr<stream::Layer> below_;
};

std::unique_ptr<stream::Layer> Transcript::show(std::unique_ptr<stream::Layer> below)
{
    return std::make_unique<Shown>(*this, ++shown_, std::move(below));
}

void Transcript::hide()
{
    server_.end_line();
    client_.end_line();
    ++shown_;
}

Status converse(stream::Stream& stream, int input, std::string_view logout)
{
    Status done = Relay(stream, input, logout).run();
    // How the server goes away is not an error of the conversation.
    if (done.is(Code::closed)) return success();
    return done;
}

}  // namespace rookery::admin
