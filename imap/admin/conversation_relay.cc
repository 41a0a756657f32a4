// To and fro.
#include "imap/admin/conversation_relay.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::admin {
namespace {

// As much as fits where poll says that there is room, so that no write waits for a server which
// itself waits until its answers are read.
constexpr size_t kPiece = 512;
// A longer line goes on before it is whole; the last half stays, for a literal's head at its end.
constexpr size_t kHeldLine = kPiece / 2;

// The line ends in CRLF.
bool is_logout(std::string_view line)
{
    const size_t space = line.find(' ');
    return space != std::string_view::npos && space > 0 &&
           equal_nocase(line.substr(space + 1), "LOGOUT\r\n");
}

}  // namespace

void say(std::string_view text)
{
    if (!write_all(STDOUT_FILENO, text)) ::_exit(1);
}

std::string ImapInput::take(std::string_view bytes)
{
    std::string out;
    for (char c : bytes) {
        if (saw_logout_) break;
        if (literal_ > 0) {
            out.push_back(c);
            --literal_;
            continue;
        }
        if (c == '\n' && !line_.ends_with('\r')) line_.push_back('\r');
        line_.push_back(c);
        if (c == '\n') end_line(out);
    }
    if (line_.size() > kHeldLine) {
        const size_t gone = line_.size() - kHeldLine / 2;
        out += line_.substr(0, gone);
        line_.erase(0, gone);
        in_command_ = true;
    }
    return out;
}

void ImapInput::end_line(std::string& out)
{
    if (!in_command_ && is_logout(line_)) {
        saw_logout_ = true;
        line_.clear();
        return;
    }
    // Without its CRLF.
    const auto literal = text::literal_at_end(std::string_view(line_).substr(0, line_.size() - 2));
    in_command_ = literal.has_value();
    literal_ = literal ? literal->size : 0;
    out += line_;
    line_.clear();
}

ConversationRelay::ConversationRelay(stream::Stream& server, int input, int output, ImapInput* imap)
    : server_(server), input_(input), output_(output), imap_(imap)
{
}

Result<ConversationRelay::End> ConversationRelay::run()
{
    for (;;) {
        if (can_hear_server()) {
            TRY_ASSIGN(bool more, from_server());
            if (!more) return End::by_server;
        }
        // It may have come in any wait before.
        if (signals::terminate_seen()) return End::by_signal;
        if (input_ended_ && !said_last_words_ && piece_.empty()) return End::by_input;
        // Input is taken only when the last of it is on its way.
        const bool heeds_server = can_hear_server() || !piece_.empty();
        pollfd fds[3] = {{heeds_server ? server_.fd() : -1, 0, 0},
                         {piece_.empty() && !input_ended_ ? input_ : -1, POLLIN, 0},
                         {answer_.empty() ? -1 : output_, POLLOUT, 0}};
        if (can_hear_server()) fds[0].events |= POLLIN;
        if (!piece_.empty()) fds[0].events |= POLLOUT;
        TRY(signals::poll_fds(fds, Deadline::never()));
        if ((fds[0].revents & POLLOUT) != 0) TRY(to_server());
        if (fds[1].revents != 0) take_input();
        if (fds[2].revents != 0) to_output();
    }
}

void ConversationRelay::last_words(std::string_view text)
{
    said_last_words_ = true;
    piece_ = text;
    if (text.empty()) ::shutdown(server_.top()->fd(), SHUT_WR);
}

// What is there, without waiting. False at the end.
Result<bool> ConversationRelay::from_server()
{
    char bytes[8192];
    while (can_hear_server()) {
        TRY_ASSIGN(bool ready, server_.wait_input(Deadline::after(Milliseconds(0))));
        if (!ready) return true;
        TRY_ASSIGN(size_t n, server_.read_some(bytes));
        if (n == 0) return false;
        if (output_ < 0) {
            say({bytes, n});
            continue;
        }
        answer_.assign(bytes, n);
        to_output();
    }
    return true;
}

Status ConversationRelay::to_server()
{
    server_.put(piece_);
    piece_.clear();
    return server_.flush();
}

// As much as there is room for. Whom it is for is gone: that is the end of the input too.
void ConversationRelay::to_output()
{
    const ssize_t n = ::send(output_, answer_.data(), answer_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) {
        answer_.erase(0, static_cast<size_t>(n));
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        answer_.clear();
        input_ended_ = true;
    }
}

void ConversationRelay::take_input()
{
    char bytes[kPiece / 2];
    const ssize_t n = ::read(input_, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    input_ended_ = n <= 0;
    if (n <= 0) return;
    take({bytes, static_cast<size_t>(n)});
}

void ConversationRelay::take(std::string_view bytes)
{
    if (imap_ != nullptr) {
        piece_ = imap_->take(bytes);
        input_ended_ = imap_->saw_logout();
        return;
    }
    for (char c : bytes) {
        if (c == '\n' && last_ != '\r') piece_.push_back('\r');
        piece_.push_back(c);
        last_ = c;
    }
}

}  // namespace rookery::admin
