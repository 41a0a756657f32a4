// The descriptor at the bottom of a Stream.
#include "lib/stream/fd_layer.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/signals.h"
#include "lib/net/address.h"

namespace rookery::stream {
namespace {

bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

bool peer_gone(int error)
{
    return error == EPIPE || error == ECONNRESET || error == ECONNABORTED || error == ETIMEDOUT ||
           error == ENOTCONN;
}

Error failure(const char* what)
{
    int error = errno;
    Error e = errno_error(what, error);
    if (peer_gone(error)) e.code = Code::closed;
    return e;
}

}  // namespace

FdLayer::FdLayer(Fd fd) : fd_(std::move(fd))
{
    if (!fd_) return;
    // A failure shows at the first read or write.
    if (auto made = set_nonblocking(fd_.get(), true); !made) return;
    net::set_tcp_options(fd_.get());
}

// Another signal ends poll_fds early; the wait goes on until the deadline.
Status FdLayer::wait_for(short events, Deadline deadline)
{
    for (;;) {
        if (deadline.ends_when_told() && signals::terminate_seen()) {
            if (events == POLLIN) return Error{Code::timeout, "this process is told to end"};
            if (!last_words_) last_words_ = Deadline::after(kLastWords);
            deadline = deadline.min(*last_words_);
        }
        pollfd waiting{fd_.get(), events, 0};
        TRY_ASSIGN(int ready, signals::poll_fds({&waiting, 1}, deadline));
        if (ready > 0) return success();
        if (deadline.passed()) return Error{Code::timeout, "the other end is silent"};
    }
}

Result<size_t> FdLayer::read(std::span<char> into, Deadline deadline)
{
    for (;;) {
        ssize_t n = ::read(fd_.get(), into.data(), into.size());
        if (n >= 0) return static_cast<size_t>(n);
        if (errno == EINTR) continue;
        if (!would_block(errno)) return failure("read");
        TRY(wait_for(POLLIN, deadline));
    }
}

Result<size_t> FdLayer::write_some(std::string_view bytes)
{
    for (;;) {
        ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == ENOTSOCK) n = ::write(fd_.get(), bytes.data(), bytes.size());
        if (n >= 0) return static_cast<size_t>(n);
        if (would_block(errno)) return size_t{0};
        if (errno != EINTR) return failure("write");
    }
}

Status FdLayer::write(std::string_view bytes, Deadline deadline)
{
    while (!bytes.empty()) {
        TRY_ASSIGN(size_t n, write_some(bytes));
        bytes.remove_prefix(n);
        if (n == 0) TRY(wait_for(POLLOUT, deadline));
    }
    return success();
}

}  // namespace rookery::stream
