// Messages between master, templates and workers.
#include "master/status_pipe.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rookery::master {

std::string_view reason_text(Reason reason)
{
    switch (reason) {
        case Reason::age: return "age";
        case Reason::forks: return "number of forks";
        case Reason::files: return "program or certificate changed";
        case Reason::crashes: return "workers crashed";
    }
    return "?";
}

Result<SocketPair> make_socket_pair()
{
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) return errno_error("socketpair");
    SocketPair pair{Fd(fds[0]), Fd(fds[1])};
    TRY(set_cloexec(fds[0], true));
    TRY(set_cloexec(fds[1], true));
    TRY(set_nonblocking(fds[0], true));
    return pair;
}

Status send_message(int fd, Report report, int32_t value)
{
    Message message{static_cast<int32_t>(report), value};
    return write_all(fd, std::string_view(reinterpret_cast<const char*>(&message), sizeof message));
}

std::vector<Message> MessageReader::read(int fd)
{
    std::vector<Message> out;
    char buf[4096];
    for (;;) {
        ssize_t n = ::read(fd, buf, sizeof buf);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (n <= 0) {
            ended_ = true;
            break;
        }
        partial_.append(buf, static_cast<size_t>(n));
    }
    size_t at = 0;
    for (; partial_.size() - at >= sizeof(Message); at += sizeof(Message)) {
        Message message;
        ::memcpy(&message, partial_.data() + at, sizeof message);
        out.push_back(message);
    }
    partial_.erase(0, at);
    return out;
}

}  // namespace rookery::master
