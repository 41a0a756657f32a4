// Where a server of the mailbox list really listens, and which options are about it.
//
// A server is "host", "host:port" or a socket path, with "/tls" (TLS from the first byte) or
// "/noauth" behind it (doc/protocols/cyrus.md 1). <short>_address says otherwise: "host",
// "host:port", or a list "imap=host:port lmtp=host:port" of which the dialect's own counts; a
// service that the list does not name keeps the server's own name. Codes: config.
#ifndef ROOKERY_IMAP_BACKEND_SERVER_ADDRESS_H
#define ROOKERY_IMAP_BACKEND_SERVER_ADDRESS_H

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/net/dial.h"

namespace rookery::backend {

struct ServerAddress {
    net::Target target;
    bool implicit_tls = false;
    bool without_login = false;
};

// Whose a server is. Of one outside only options of its whole name count: its first label may be
// that of a server of ours.
enum class Whose : unsigned char { ours, others };

// The first label of a server name, lower case, without its port: the SHORT of SHORT_password and
// SHORT_address. ("localhost:1143" is its own short name for Cyrus; we also try it without port.)
std::string short_name(std::string_view server);
// The name before _client_cert and _client_key for this server: its whole one where that has any.
std::string certificate_name(const config::Config& config, std::string_view server,
                             Whose whose = Whose::ours);
// NAME_<what>: of its whole name, for servers that share a short one, else of the short names.
std::optional<std::string> server_option(const config::Config& config, std::string_view server,
                                         std::string_view what, Whose whose = Whose::ours);
Result<ServerAddress> server_address(const config::Config& config, std::string_view server,
                                     std::string_view service, Whose whose = Whose::ours);

}  // namespace rookery::backend

#endif
