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

// A signal ends poll_fds early; the wait goes on until the deadline.
Status wait_for(int fd, short events, Deadline deadline)
{
    for (;;) {
        pollfd waiting{fd, events, 0};
        TRY_ASSIGN(int ready, signals::poll_fds({&waiting, 1}, deadline));
        if (ready > 0) return success();
        if (deadline.passed()) return Error{Code::timeout, "the other end is silent"};
    }
}

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

Result<size_t> FdLayer::read(std::span<char> into, Deadline deadline)
{
    for (;;) {
        ssize_t n = ::read(fd_.get(), into.data(), into.size());
        if (n >= 0) return static_cast<size_t>(n);
        if (errno == EINTR) continue;
        if (!would_block(errno)) return failure("read");
        TRY(wait_for(fd_.get(), POLLIN, deadline));
    }
}

Status FdLayer::write(std::string_view bytes, Deadline deadline)
{
    while (!bytes.empty()) {
        ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == ENOTSOCK) n = ::write(fd_.get(), bytes.data(), bytes.size());
        if (n >= 0) {
            bytes.remove_prefix(static_cast<size_t>(n));
            continue;
        }
        if (errno == EINTR) continue;
        if (!would_block(errno)) return failure("write");
        TRY(wait_for(fd_.get(), POLLOUT, deadline));
    }
    return success();
}

}  // namespace rookery::stream
