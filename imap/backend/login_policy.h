// LoginPolicy: what a login at another server is to be like, and what it may end with.
//
// login_policy() says it as the configuration does; that counts for every login but those of a
// caller who has another one in ConnectOptions (mupdatetest(1)). Codes: config. Constant once made.
#ifndef ROOKERY_IMAP_BACKEND_LOGIN_POLICY_H
#define ROOKERY_IMAP_BACKEND_LOGIN_POLICY_H

#include <functional>
#include <memory>
#include <string>

#include "imap/backend/dialect.h"
#include "imap/backend/server_address.h"
#include "lib/auth/tls_context.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/stream/layer.h"

namespace rookery::backend {

class LoginTranscript {
 public:
    virtual ~LoginTranscript() = default;
    // A layer that shows what goes through it, for the top of the connection.
    virtual std::unique_ptr<stream::Layer> show(std::unique_ptr<stream::Layer> below) = 0;
    // The layers made so far show nothing more: what follows is encrypted.
    virtual void hide() = 0;
};

struct LoginPolicy {
    using MakeContext = std::function<Result<std::shared_ptr<auth::TlsContext>>()>;

    auth::PeerTls tls;        // "/tls" in the server's address is TLS from the first byte anyway
    MakeContext tls_context;  // asked for when TLS begins
    std::string mechanisms;   // to choose from; "" = all that the server offers
    bool initial_response = true;  // false: never sent with the command
    int min_strength = 0;          // of the protection, in bits
    int max_strength = 256;
    bool compress = false;  // where the server offers it
    // A login that the server refuses still gives the connection: Backend::login_error() has why.
    bool keeps_refused = false;
    LoginTranscript* transcript = nullptr;  // outlives the connection; null: nobody looks on
};

// address: where the server really is. The configuration must outlive what is returned.
Result<LoginPolicy> login_policy(const config::Config& config, const Dialect& dialect,
                                 const std::string& server, const ServerAddress& address,
                                 Whose whose = Whose::ours);

}  // namespace rookery::backend

#endif
