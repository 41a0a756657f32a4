// Accepting, and the addresses of a connection. No reverse look-up: a slow name server must not
// hold up a login.
#include "config.h"

#include "lib/service/accept.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base/strings.h"

namespace rookery::service {
namespace {

using NameCall = int (*)(int, sockaddr*, socklen_t*);

std::string numeric(int fd, NameCall call)
{
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (call(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
    if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return {};
    char host[NI_MAXHOST];
    if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, host, sizeof host,
                      nullptr, 0, NI_NUMERICHOST) != 0)
        return {};
    return host;
}

bool is_unix_socket(int fd)
{
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    return ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0 &&
           address.ss_family == AF_UNIX;
}

}  // namespace

Result<Fd> accept_client(int listener)
{
#ifdef HAVE_ACCEPT4
    int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return errno_error("accept");
    return Fd(fd);
#else
    int fd = ::accept(listener, nullptr, nullptr);
    if (fd < 0) return errno_error("accept");
    Fd client(fd);
    TRY(set_cloexec(fd, true));
    TRY(set_nonblocking(fd, true));
    return client;
#endif
}

ClientInfo describe_client(int fd, const std::string& service)
{
    ClientInfo info;
    info.service = service;
    info.is_unix = is_unix_socket(fd);
    if (info.is_unix) {
        info.host = "[unix socket]";
        return info;
    }
    info.address = numeric(fd, ::getpeername);
    info.local_address = numeric(fd, ::getsockname);
    info.host = info.address.empty() ? "[stdio]" : cat('[', info.address, ']');
    return info;
}

}  // namespace rookery::service
