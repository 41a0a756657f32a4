// A conversation that other programs lead.
#include "imap/admin/conversation_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <random>
#include <utility>

#include "imap/admin/conversation_relay.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

using End = ConversationRelay::End;

constexpr int kBacklog = 5;
constexpr Milliseconds kUnselectPatience{30 * 1000};

// Reads and drops what is there. False: the server has closed.
Result<bool> drop_input(stream::Stream& server)
{
    char bytes[8192];
    for (;;) {
        TRY_ASSIGN(bool ready, server.wait_input(Deadline::after(Milliseconds(0))));
        if (!ready) return true;
        TRY_ASSIGN(size_t n, server.read_some(bytes));
        if (n == 0) return false;
    }
}

// The rest of what the last program asked for is before the answer, and nobody's any more; the tag
// is none that a message in there could hold. False: the server has closed, or says nothing.
Result<bool> unselect(stream::Stream& server)
{
    const std::string tag = cat("UN", std::random_device()());
    server.put(tag, " UNSELECT\r\n");
    TRY(server.flush());
    const Deadline deadline = Deadline::after(kUnselectPatience);
    const std::string answer = cat("\n", tag, " ");
    std::string last = "\n";
    bool answered = false;
    char bytes[4096];
    while (!answered || last.find('\n', 1) == std::string::npos) {
        TRY_ASSIGN(bool ready, server.wait_input(deadline));
        if (!ready) return false;
        TRY_ASSIGN(size_t n, server.read_some(bytes));
        if (n == 0) return false;
        last.append(bytes, n);
        const size_t at = last.find(answer);
        if (at != std::string::npos) {
            answered = true;
            last.erase(0, at);
        } else if (!answered && last.size() > answer.size()) {
            last.erase(0, last.size() - answer.size());
        }
    }
    return true;
}

}  // namespace

ConversationSocket::ConversationSocket(std::string path, Fd listener, const struct stat& made)
    : path_(std::move(path)), listener_(std::move(listener)), made_(made)
{
}

ConversationSocket::~ConversationSocket()
{
    struct stat now {};
    if (!listener_ || ::lstat(path_.c_str(), &now) != 0) return;
    if (now.st_dev == made_.st_dev && now.st_ino == made_.st_ino) ::unlink(path_.c_str());
}

Result<ConversationSocket> ConversationSocket::open(const std::string& path)
{
    signals::install();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Error{Code::unavailable, cat(path, ": too long for a socket")};
    path.copy(address.sun_path, path.size());
    struct stat st {};
    if (::lstat(path.c_str(), &st) == 0) {
        if (!S_ISSOCK(st.st_mode))
            return Error{Code::unavailable, cat(path, ": exists and is not a socket")};
        if (::unlink(path.c_str()) != 0) return errno_error(path);
    }
    Fd listener(::socket(AF_UNIX, SOCK_STREAM, 0));
    if (!listener) return errno_error("socket");
    TRY(set_cloexec(listener.get(), true));
    TRY(set_nonblocking(listener.get(), true));
    // Who can connect acts as the user who has logged in.
    const mode_t before = ::umask(0177);
    const int bound =
        ::bind(listener.get(), static_cast<const sockaddr*>(static_cast<const void*>(&address)),
               sizeof address);
    const Error error = errno_error(path);
    ::umask(before);
    if (bound != 0) return Error{Code::unavailable, error.text};
    if (::lstat(path.c_str(), &st) != 0) return errno_error(path);
    ConversationSocket made(path, std::move(listener), st);
    if (::listen(made.listener_.get(), kBacklog) != 0) return errno_error("listen");
    return made;
}

Result<bool> ConversationSocket::serve(stream::Stream& server, bool is_imap)
{
    for (;;) {
        if (signals::terminate_seen()) return true;
        const Deadline deadline = Deadline::after(kPatience);
        pollfd fds[2] = {{server.fd(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
        TRY(signals::poll_fds(fds, deadline));
        if (deadline.passed()) return true;
        // Of no program: that the server ends the session, or nothing that matters.
        TRY_ASSIGN(const bool is_open, drop_input(server));
        if (!is_open) return false;
        if (fds[1].revents == 0) continue;
        const Fd program(::accept(listener_.get(), nullptr, nullptr));
        if (!program) continue;  // it is gone again
        TRY(set_cloexec(program.get(), true));
        TRY_ASSIGN(const After after, serve_program(server, is_imap, program));
        if (after != After::next) return after == After::logout;
    }
}

Result<ConversationSocket::After> ConversationSocket::serve_program(stream::Stream& server,
                                                                    bool is_imap, const Fd& program)
{
    ImapInput input;
    ConversationRelay relay(server, program.get(), program.get(), is_imap ? &input : nullptr);
    TRY_ASSIGN(const End end, relay.run());
    if (end == End::by_server) return After::closed;
    if (is_imap && !input.is_between_commands()) return After::closed;
    if (!is_imap || end == End::by_signal) return After::logout;
    TRY_ASSIGN(const bool is_free, unselect(server));
    return is_free ? After::next : After::closed;
}

}  // namespace rookery::admin
