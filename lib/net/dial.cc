// Connecting with a deadline.
#include "lib/net/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <memory>

#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/net/address.h"

namespace rookery::net {
namespace {

struct KnownPort {
    std::string_view name;
    uint16_t port;
};

// Those that /etc/services may lack come first; it is asked before this table.
constexpr KnownPort kKnownPorts[] = {
    {"mupdate", 3905}, {"lmtp", 24},   {"sieve", 4190}, {"kpop", 1109},
    {"imap", 143},     {"imap2", 143}, {"imaps", 993},  {"pop3", 110},
    {"pop3s", 995},    {"nntp", 119},  {"nntps", 563},  {"csync", 2005},
};

struct AddressListDeleter {
    void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

Result<AddressList> resolve(const std::string& host, uint16_t port)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* list = nullptr;
    std::string number = cat(port);
    int failed = ::getaddrinfo(host.c_str(), number.c_str(), &hints, &list);
    if (failed != 0) return Error{Code::unavailable, cat(host, ": ", ::gai_strerror(failed))};
    return AddressList(list);
}

// The first of our own addresses that has the family.
const addrinfo* of_family(const addrinfo* list, int family)
{
    while (list != nullptr && list->ai_family != family) list = list->ai_next;
    return list;
}

Status wait_connected(int fd, Deadline deadline)
{
    for (;;) {
        pollfd waiting{fd, POLLOUT, 0};
        TRY_ASSIGN(int ready, signals::poll_fds({&waiting, 1}, deadline));
        if (ready > 0) break;
        if (deadline.passed()) return Error{Code::timeout, "connect: timed out"};
    }
    int failure = 0;
    socklen_t size = sizeof failure;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
    if (failure == 0) return success();
    return Error{Code::unavailable, cat("connect: ", ::strerror(failure))};
}

Result<Fd> connect_to(int family, const sockaddr* address, socklen_t size, const addrinfo* from,
                      Deadline deadline)
{
    Fd fd(::socket(family, SOCK_STREAM, 0));
    if (!fd) return errno_error("socket");
    TRY(set_cloexec(fd.get(), true));
    TRY(set_nonblocking(fd.get(), true));
    if (family != AF_UNIX) set_tcp_options(fd.get());
    if (from != nullptr && ::bind(fd.get(), from->ai_addr, from->ai_addrlen) != 0)
        return errno_error("bind");
    if (::connect(fd.get(), address, size) == 0) return fd;
    // EAGAIN: the backlog of a Unix socket is full; there is nothing to poll for.
    if (errno != EINPROGRESS && errno != EINTR)
        return Error{Code::unavailable, cat("connect: ", ::strerror(errno))};
    TRY(wait_connected(fd.get(), deadline));
    return fd;
}

// A share of what is left, so that one address that does not answer leaves time for the others.
Deadline share(Deadline deadline, int addresses_left)
{
    if (deadline.is_never() || addresses_left <= 1) return deadline;
    return deadline.min(Deadline::after(Milliseconds(deadline.poll_ms() / addresses_left)));
}

}  // namespace

Result<uint16_t> service_port(std::string_view service)
{
    auto number = to_number<uint16_t>(service);
    if (number) {
        if (*number == 0) return Error{Code::syntax, "port 0"};
        return *number;
    }
    if (number.is(Code::limit)) return Error{Code::syntax, cat("bad port: ", service)};
    std::string name(service);
    if (const servent* found = ::getservbyname(name.c_str(), "tcp"))
        return ntohs(static_cast<uint16_t>(found->s_port));
    for (const KnownPort& known : kKnownPorts)
        if (known.name == service) return known.port;
    return Error{Code::syntax, cat("unknown service: ", service)};
}

bool is_this_host(std::string_view server)
{
    auto target = parse_target(server, "0");
    if (!target || target->is_unix) return false;
    auto found = resolve(target->host, 0);
    if (!found) return false;
    for (const addrinfo* a = found->get(); a != nullptr; a = a->ai_next) {
        const Fd probe(::socket(a->ai_family, SOCK_STREAM, 0));
        if (probe && ::bind(probe.get(), a->ai_addr, a->ai_addrlen) == 0) return true;
    }
    return false;
}

Result<Target> parse_target(std::string_view text, std::string_view service)
{
    if (text.empty()) return Error{Code::syntax, "empty server name"};
    if (text.front() == '/') return Target{std::string(text), {}, true, {}};
    std::string_view host = text;
    std::string_view port = service;
    if (text.front() == '[') {
        size_t end = text.find(']');
        if (end == std::string_view::npos) return Error{Code::syntax, cat("missing ]: ", text)};
        host = text.substr(1, end - 1);
        std::string_view rest = text.substr(end + 1);
        if (!rest.empty() && rest.front() != ':')
            return Error{Code::syntax, cat("bad server name: ", text)};
        if (!rest.empty()) port = rest.substr(1);
    } else if (size_t colon = text.find(':'); colon != std::string_view::npos &&
                                              text.find(':', colon + 1) == std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
    }
    if (host.empty() || port.empty()) return Error{Code::syntax, cat("bad server name: ", text)};
    return Target{std::string(host), std::string(port), false, {}};
}

Result<Fd> dial_unix(const std::string& path, Deadline deadline)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Error{Code::limit, cat("socket path is too long: ", path)};
    ::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    auto fd = connect_to(AF_UNIX, static_cast<sockaddr*>(static_cast<void*>(&address)),
                         sizeof address, nullptr, deadline);
    if (!fd) return Error{fd.error().code, cat(path, ": ", fd.error().text)};
    return fd;
}

Result<Fd> dial(const Target& target, Deadline deadline)
{
    if (target.is_unix) return dial_unix(target.host, deadline);
    TRY_ASSIGN(uint16_t port, service_port(target.port));
    TRY_ASSIGN(AddressList list, resolve(target.host, port));
    AddressList own;
    if (!target.from.empty()) {
        TRY_ASSIGN(own, resolve(target.from, 0));
    }
    int left = 0;
    for (const addrinfo* a = list.get(); a != nullptr; a = a->ai_next) ++left;
    Error last{Code::unavailable, "no address"};
    for (const addrinfo* a = list.get(); a != nullptr; a = a->ai_next, --left) {
        const addrinfo* from = of_family(own.get(), a->ai_family);
        if (own && from == nullptr) continue;
        auto fd = connect_to(a->ai_family, a->ai_addr, a->ai_addrlen, from, share(deadline, left));
        if (fd) return fd;
        last = fd.error();
    }
    return Error{last.code, cat(target.host, ":", target.port, ": ", last.text)};
}

}  // namespace rookery::net
