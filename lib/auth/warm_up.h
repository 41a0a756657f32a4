// What every login would load for itself, loaded once before the fork and shared by all workers:
// plug-ins of libsasl2 and the library of sasldb, modules of the name service, the algorithms of
// OpenSSL.
//
// By a rehearsal for a user that cannot exist. Nothing of it is kept but the libraries' own memory:
// no connection, no file, no password. Passwords are looked up only in sasldb, a file that is
// opened and closed; whatever fails here is reported by the first login that needs it.
// After init_library of both sides. Random numbers of OpenSSL differ after a fork by themselves.
#ifndef ROOKERY_LIB_AUTH_WARM_UP_H
#define ROOKERY_LIB_AUTH_WARM_UP_H

#include <string_view>

namespace rookery::config {
class Config;
}

namespace rookery::auth {

class TlsContext;

// tls: of the server, null without TLS.
void warm_up(const config::Config& config, std::string_view service, TlsContext* tls);

}  // namespace rookery::auth

#endif
