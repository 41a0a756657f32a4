// Link: what a connection to another server is once its login is over. Connector makes it, Backend
// owns it; each has the rules for what it changes. ConnectOptions: what the login is to be like.
// Cannot fail. One thread.
#ifndef ROOKERY_IMAP_BACKEND_LINK_H
#define ROOKERY_IMAP_BACKEND_LINK_H

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/backend/login_policy.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/result.h"
#include "lib/base/strings.h"
#include "lib/stream/stream.h"
#include "lib/stream/tls_layer.h"

namespace rookery::backend {

// How far a login has come: where it ended, if it failed.
enum class LoginStep { address, connect, greeting, tls, mechanism, password, done };

struct ConnectOptions {
    std::string authzid;  // "" = act as proxy_authname itself
    bool authenticate = true;
    Whose whose = Whose::ours;
    bool as_reader = false;  // MODE READER, where the server of news wants it
    // For mupdate: other credentials than proxy_*. Empty = proxy_authname / SHORT_password /
    // proxy_password / proxy_realm.
    std::string authname;
    std::string password;
    std::string realm;
    // Null: that of the configuration (login_policy()).
    const LoginPolicy* policy = nullptr;
    LoginStep* reached = nullptr;  // outlives the login; null: nobody asks
};

struct Link {
    explicit Link(stream::Stream open) : stream(std::move(open)) {}

    bool has_capability(std::string_view name) const  // case-insensitive
    {
        return std::any_of(capabilities.begin(), capabilities.end(),
                           [&](const std::string& c) { return equal_nocase(c, name); });
    }

    std::optional<auth::SaslClient> sasl;  // its layer, if any, is in stream
    stream::Stream stream;
    std::optional<stream::TlsInfo> tls;
    std::optional<Error> login_error;
    bool compressed = false;
    std::vector<std::string> capabilities;
    // Of the other side of the login, with Dialect::capabilities_stay.
    std::vector<std::string> other_capabilities;
    std::string banner;
    std::string welcome;  // what the server said with the success of the login
    std::string tag_prefix;
};

}  // namespace rookery::backend

#endif
