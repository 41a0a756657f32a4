// The listening sockets of one SERVICES entry.
//
// listen= is a path (Unix socket, made anew, mode 0777, at most 100 bytes), a port, a service name,
// host:port or [v6]:port. Without a host there is one socket per address family; all sockets
// of an entry are served by the same template. Sockets are non-blocking, O_CLOEXEC, SO_REUSEADDR,
// IPV6_V6ONLY. Codes: config (a form or name that cannot be), unavailable (bind failed).
#ifndef ROOKERY_LIB_SERVICE_LISTEN_H
#define ROOKERY_LIB_SERVICE_LISTEN_H

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/service/run_as.h"

namespace rookery::service {

// How many clients wait to be accepted, if the system does not allow less. Beyond it a client tries
// again after a second, so that a crowd that comes at once must fit in (Cyrus: 32).
inline constexpr int kBacklog = 1024;

struct ListenTarget {
    bool is_unix = false;
    std::string path;
    std::string host;  // "" = all addresses
    std::string port;
};

Result<ListenTarget> parse_listen(std::string_view text);

// user: who owns a Unix socket, when master is root; null = whoever master is.
Result<std::vector<Fd>> bind_all(const ListenTarget& target, std::string_view proto, int backlog,
                                 const RunAs* user);

// No connection arrives any more, whoever still has the socket open.
void stop_listening(const Fd& listener);

}  // namespace rookery::service

#endif
