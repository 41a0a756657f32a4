// Messages between master, templates and workers.
#include "lib/service/status_pipe.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace rookery::service {

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

Status send_lacking(int fd, std::string_view reason)
{
    reason = reason.substr(0, kMaxText);
    const Message head{static_cast<int32_t>(Report::lacking), static_cast<int32_t>(reason.size())};
    std::string whole(reinterpret_cast<const char*>(&head), sizeof head);
    whole += reason;
    return write_all(fd, whole);
}

std::vector<Received> MessageReader::read(int fd)
{
    std::vector<Received> out;
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
        if (static_cast<size_t>(n) < sizeof buf) break;  // the end, if it came, is polled again
    }
    size_t at = 0;
    while (partial_.size() - at >= sizeof(Message)) {
        Received received;
        ::memcpy(static_cast<Message*>(&received), partial_.data() + at, sizeof(Message));
        size_t text = 0;
        if (received.report == static_cast<int32_t>(Report::lacking))
            text = std::min(static_cast<size_t>(received.value), kMaxText);
        if (partial_.size() - at < sizeof(Message) + text) break;
        received.text = partial_.substr(at + sizeof(Message), text);
        out.push_back(std::move(received));
        at += sizeof(Message) + text;
    }
    partial_.erase(0, at);
    return out;
}

}  // namespace rookery::service
