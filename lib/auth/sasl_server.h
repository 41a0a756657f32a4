// SaslServer: one client's authentication by libsasl2, as the server.
//
// init_library once per process before any fork; it keeps a pointer to the Config. One SaslServer
// per connection; it must live as long as a Stream that it has put a layer on. The options sasl_*
// of imapd.conf are answered to libsasl2; serverFQDN is servername without its port and no user
// realm is set, so entries (user, servername) of a sasldb are found. Whether authid may act for
// authzid is not decided here (session/SessionKit, mupdate).
// All data is raw: base64 is the engines' affair. After a failed exchange a new one can begin.
// Codes: denied (wrong password, refused), unsupported (no such mechanism), syntax (broken
// exchange), unavailable (the password store cannot be asked), config, io. One thread.
#ifndef ROOKERY_LIB_AUTH_SASL_SERVER_H
#define ROOKERY_LIB_AUTH_SASL_SERVER_H

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::config {
class Config;
}

namespace rookery::auth {

class SaslServer {
 public:
    struct Step {
        bool done = false;
        std::string data;       // the challenge; with done, what the server still has to say
        bool has_data = false;  // with done: data is to be sent (additional data with success)
    };

    static Status init_library(const config::Config& config, std::string_view app_name);
    // remote, local: "addr;port" (net::sasl_address), "" if unknown.
    static Result<SaslServer> make(const config::Config& config, std::string_view service,
                                   const std::string& remote, const std::string& local);
    SaslServer(SaslServer&&) noexcept;
    SaslServer& operator=(SaslServer&&) noexcept;
    ~SaslServer();

    // What lies below: bits of a TLS layer (0: none) and the name in the client's certificate.
    Status set_external(int bits, const std::string& name);
    // Allow mechanisms that send the password as it is. At first allowplaintext decides.
    Status set_plaintext_allowed(bool allowed);

    // Mechanisms to offer now, upper case.
    std::vector<std::string> mechanisms();
    // initial: the initial response, none if the client gave none ("=" is an empty one).
    Result<Step> start(std::string_view mechanism, const std::optional<std::string>& initial);
    Result<Step> step(std::string_view data);
    const std::string& mechanism() const;

    // After done; after a failure the name that was tried, as far as it is known.
    const std::string& authid() const;
    const std::string& authzid() const;
    int ssf() const;
    // Puts the security layer on, if one was negotiated.
    Status push_layer(stream::Stream& stream);

    Status check_password(const std::string& user, const std::string& password);

    // APOP (RFC 1939 7). The challenge is for the greeting, with its brackets; none: no secret of
    // any user can be had here, or libsasl2 was built without it.
    std::optional<std::string> apop_challenge();
    Status check_apop(const std::string& challenge, const std::string& user,
                      const std::string& digest);

    // From here on what stands behind the first '+' of a name is not part of it (split_detail), in
    // any mechanism. That of the last exchange, "" for none; an authorization identity's counts.
    Status take_detail();
    const std::string& detail() const;

 private:
    struct Connection;
    explicit SaslServer(std::unique_ptr<Connection> connection);
    std::unique_ptr<Connection> connection_;
};

// Sets (none: removes) the password of user in the stores that libsasl2 writes, with the realm or,
// if that is empty, the servername. hashed: only what SCRAM-SHA-256 needs of it; who sends the
// password itself is compared with that, where sasl_pwcheck_method is auxprop alone. What was there
// in the other form goes when the new one is there: cut short between the two both are good, at no
// moment none is. Needs init_library.
enum class Kept { as_it_is, hashed };
Status set_password(const config::Config& config, const std::string& user, const std::string& realm,
                    const std::optional<std::string>& password, Kept kept = Kept::as_it_is);

// The host part of a server name: without ":port" and brackets.
std::string host_of(std::string_view server);

}  // namespace rookery::auth

#endif
