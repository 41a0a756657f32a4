// Socket addresses as text.
#include "lib/net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "lib/base/strings.h"

namespace rookery::net {
namespace {

Result<Address> from_v6(const sockaddr_in6& v6)
{
    char text[INET6_ADDRSTRLEN] = {};
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        in_addr v4{};
        ::memcpy(&v4, v6.sin6_addr.s6_addr + 12, sizeof v4);
        ::inet_ntop(AF_INET, &v4, text, sizeof text);
    } else {
        ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    }
    return Address{text, ntohs(v6.sin6_port), false};
}

}  // namespace

Result<Address> to_address(const sockaddr_storage& storage)
{
    if (storage.ss_family == AF_UNIX || storage.ss_family == AF_UNSPEC) return Address{{}, 0, true};
    if (storage.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        ::memcpy(&v6, &storage, sizeof v6);
        return from_v6(v6);
    }
    if (storage.ss_family != AF_INET) return Error{Code::io, "unknown address family"};
    sockaddr_in v4{};
    ::memcpy(&v4, &storage, sizeof v4);
    char text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return Address{text, ntohs(v4.sin_port), false};
}

Result<Address> peer_address(int fd)
{
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getpeername(fd, static_cast<sockaddr*>(static_cast<void*>(&storage)), &size) != 0)
        return errno_error("getpeername");
    return to_address(storage);
}

Result<Address> local_address(int fd)
{
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getsockname(fd, static_cast<sockaddr*>(static_cast<void*>(&storage)), &size) != 0)
        return errno_error("getsockname");
    return to_address(storage);
}

std::string sasl_address(const Address& address)
{
    if (address.is_unix) return {};
    return cat(address.host, ';', address.port);
}

std::string to_string(const Address& address)
{
    if (address.is_unix) return "[unix socket]";
    if (address.host.find(':') != std::string::npos)
        return cat('[', address.host, "]:", address.port);
    return cat(address.host, ':', address.port);
}

void set_tcp_options(int fd)
{
    int on = 1;
    if (::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) return;  // not TCP
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

}  // namespace rookery::net
