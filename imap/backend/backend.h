// Backend: one authenticated connection to another server, in one of six dialects.
//
// connect() resolves <shortname>_address, dials, reads the banner and capabilities, does STARTTLS
// and SASL (authname proxy_authname, authzid = the user; empty = as itself), all within
// client_timeout. Afterwards stream() is the engine's. The object owns the connection.
// Codes: unavailable (cannot reach, circuit open), timeout, denied (authentication failed),
// syntax (the peer breaks the protocol). WIRE 2. One thread.
#ifndef ROOKERY_IMAP_BACKEND_BACKEND_H
#define ROOKERY_IMAP_BACKEND_BACKEND_H

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "imap/backend/dialect.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/stream/stream.h"

namespace rookery::backend {

struct ConnectOptions {
    std::string authzid;        // "" = act as proxy_authname itself
    bool authenticate = true;
    // For mupdate: other credentials than proxy_*. Empty = proxy_authname / SHORT_password /
    // proxy_password / proxy_realm.
    std::string authname;
    std::string password;
    std::string realm;
};

class Backend {
 public:
    static Result<std::unique_ptr<Backend>> connect(const config::Config& config,
                                                    const Dialect& dialect,
                                                    const std::string& server,
                                                    const ConnectOptions& options);
    ~Backend();

    const std::string& server() const { return server_; }  // as in the list
    const Dialect& dialect() const { return dialect_; }
    stream::Stream& stream() { return stream_; }
    bool has_capability(std::string_view name) const;  // case-insensitive
    const std::vector<std::string>& capabilities() const { return capabilities_; }
    const std::string& banner() const { return banner_; }
    // The next tag: 8 random characters of this connection and a counter (RULES 5.2).
    std::string next_tag();
    // Polite logout, bounded, then close. The destructor only closes.
    void logout();

 private:
    Backend(const Dialect& dialect, std::string server, stream::Stream stream);
    const Dialect& dialect_;
    std::string server_;
    stream::Stream stream_;
    std::vector<std::string> capabilities_;
    std::string banner_;
    std::string tag_prefix_;
    uint64_t tag_counter_ = 0;
    friend class Connector;
};

// The first label of a server name, lower case, without its port: the SHORT of SHORT_password and
// SHORT_address. ("localhost:1143" is its own short name for Cyrus; we also try it without port.)
std::string short_name(std::string_view server);

}  // namespace rookery::backend

#endif
