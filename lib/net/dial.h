// Connecting: "host", "host:port", "[v6]:port" or "/path/of/a/unix/socket", with a deadline.
//
// The descriptor that comes back is connected, non-blocking and O_CLOEXEC. Every address of a name
// is tried. A service name is looked up with getaddrinfo; well-known services that /etc/services
// may lack (mupdate 3905, lmtp 24, sieve 4190, kpop 1109) have a built-in port.
// With a local address only the remote addresses of its family are tried.
// Codes: unavailable (refused, unreachable, no such host), timeout, syntax.
#ifndef ROOKERY_LIB_NET_DIAL_H
#define ROOKERY_LIB_NET_DIAL_H

#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::net {

struct Target {
    std::string host;  // or the path of a Unix socket
    std::string port;  // number or service name; empty for a Unix socket
    bool is_unix = false;
    std::string from;  // our own address, or a name that has it; empty: the system chooses
};

// service: the default port, by name or number.
Result<Target> parse_target(std::string_view text, std::string_view service);
// The port number of a service name or number.
Result<uint16_t> service_port(std::string_view service);
// True if the host of "host" or "host:port" is an address of this machine: a socket can be bound to
// it. Asks the resolver.
bool is_this_host(std::string_view server);
Result<Fd> dial(const Target& target, Deadline deadline);
Result<Fd> dial_unix(const std::string& path, Deadline deadline);

}  // namespace rookery::net

#endif
