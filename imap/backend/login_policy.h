// LoginTest: what a program that tries out a server wants otherwise than imapd.conf says, and what
// it is shown of the exchange (mupdatetest(1)).
//
// With it Backend::connect takes TLS only as said here, and a login that the server refuses still
// gives the connection: Backend::login_error() has the reason.
#ifndef ROOKERY_IMAP_BACKEND_LOGIN_TEST_H
#define ROOKERY_IMAP_BACKEND_LOGIN_TEST_H

#include <memory>
#include <string>

#include "lib/auth/tls_context.h"
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

struct LoginTest {
    enum class Tls { off, starttls };  // "/tls" in the server's name is TLS from the first byte

    LoginTranscript& transcript;  // outlives the connection
    Tls tls = Tls::off;
    auth::TlsOptions tls_options = {};
    std::string mechanisms = {};   // to choose from; "" = all that the server offers
    bool initial_response = true;  // false: never sent with the command
    int min_strength = 0;          // of the protection, in bits
    int max_strength = 256;
};

}  // namespace rookery::backend

#endif
