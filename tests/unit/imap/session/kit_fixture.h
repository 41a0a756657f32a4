// A session kit with a user, for the suite of imap/session.
#ifndef ROOKERY_TESTS_UNIT_IMAP_SESSION_KIT_FIXTURE_H
#define ROOKERY_TESTS_UNIT_IMAP_SESSION_KIT_FIXTURE_H

#include <memory>
#include <string_view>

#include "imap/session/session_kit.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace rookery::test {

inline constexpr session::Protocol kImap{"imap", "Cyrus IMAP", true, false};
inline constexpr session::Protocol kLmtp{"lmtp", "Cyrus LMTP", false, true};

// What service::retirement says in this suite.
inline int template_fd = -1;
inline bool template_gone = false;

// bob has the password "secret"; cyrus is an administrator, murder of LMTP; fe is a frontend.
struct KitFixture {
    TempDir dir;
    config::Config config;
    std::unique_ptr<session::SessionKit> kit;

    explicit KitFixture(std::string_view more = {}, const session::Protocol& protocol = kImap,
                        bool is_unix = false)
        : config(make(dir, more, protocol.sasl_service))
    {
        ASSERT_OK(auth::SaslServer::init_library(config, "rookery-test"));
        ASSERT_OK(auth::set_password(config, "bob", {}, "secret"));
        service::ClientInfo client;
        client.host = "localhost [127.0.0.1]";
        client.address = "127.0.0.1";
        client.is_unix = is_unix;
        kit = std::make_unique<session::SessionKit>(config, nullptr, protocol, client);
    }
    static config::Config make(const TempDir& d, std::string_view more, std::string_view service)
    {
        auto made = config::Config::from_text(
            cat("configdirectory: ", d.path(), "\nservername: be1.example.org\n",
                "sasl_pwcheck_method: auxprop\nsasl_auxprop_plugin: sasldb\nsasl_sasldb_path: ",
                d.file("sasldb2"), "\nfailedloginpause: 0\nadmins: cyrus\nlmtp_admins: murder\n",
                "proxyservers: fe\n", more),
            std::string(service));
        ASSERT_OK(made);
        return *std::move(made);
    }
};

}  // namespace rookery::test

#endif
