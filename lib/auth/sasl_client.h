// SaslClient: logging in to another server by libsasl2, as the client.
//
// init_library once per process (before a fork where there is one). start picks the best mechanism
// of those that the server offers; if that is PLAIN (RFC 4616), without the library, which would
// look up names of hosts for each login. With an authzid only mechanisms that can carry one are
// taken. Must live as long as a Stream that it has put a layer on. Data is raw, without base64.
// Codes: unsupported (no mechanism in common), denied, syntax, io. One thread.
#ifndef ROOKERY_LIB_AUTH_SASL_CLIENT_H
#define ROOKERY_LIB_AUTH_SASL_CLIENT_H

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

struct Credentials {
    std::string authname;
    std::string authzid;  // "" = act as authname
    std::string password;
    std::string realm;
};

class SaslClient {
 public:
    struct Start {
        std::string mechanism;
        std::optional<std::string> initial;  // the initial response, if the mechanism has one
        bool done = false;                   // the client has nothing more to say after it
    };
    struct Step {
        bool done = false;
        std::string data;
    };

    static Status init_library(const config::Config& config);
    // host: of the server, without a port. remote, local: "addr;port" or "". config must stay.
    static SaslClient make(const config::Config& config, std::string_view service,
                           const std::string& host, const std::string& remote,
                           const std::string& local, Credentials credentials);
    SaslClient(SaslClient&&) noexcept;
    SaslClient& operator=(SaslClient&&) noexcept;
    ~SaslClient();

    // Both before start. TLS protects with so many bits, and has shown that we are name.
    void set_external(int bits, const std::string& name);
    // Bounds of the protection in bits, TLS included, instead of sasl_minimum_layer and
    // sasl_maximum_layer.
    void set_strength(int min, int max);
    // mechanisms: in capitals.
    Result<Start> start(const std::vector<std::string>& mechanisms);
    // That start has picked, also if it failed with it; "": there was none to pick.
    const std::string& mechanism() const;
    // The answer to a challenge, or to the data that came with success.
    Result<Step> step(std::string_view challenge);
    int ssf() const;
    Status push_layer(stream::Stream& stream);

 private:
    struct Connection;
    explicit SaslClient(std::unique_ptr<Connection> connection);
    std::unique_ptr<Connection> connection_;
};

}  // namespace rookery::auth

#endif
