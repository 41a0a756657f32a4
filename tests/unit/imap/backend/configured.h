// The configuration of the suite of imap/backend.
#ifndef ROOKERY_TESTS_UNIT_IMAP_BACKEND_CONFIGURED_H
#define ROOKERY_TESTS_UNIT_IMAP_BACKEND_CONFIGURED_H

#include <optional>
#include <string>

#include "lib/auth/sasl_client.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "tests/unit/unit.h"

namespace rookery::test {

// One configuration per test process, kept until its end for libsasl2.
inline const config::Config& configured(const std::string& more = {})
{
    static std::optional<config::Config> config;
    static TempDir dir;
    auto made = config::Config::from_text(cat("configdirectory: ", dir.path(),
                                              "\nproxy_authname: murder\nproxy_password: secret\n"
                                              "client_timeout: 5s\n",
                                              more),
                                          "imap");
    ASSERT_OK(made);
    config.emplace(*std::move(made));
    ASSERT_OK(auth::SaslClient::init_library(*config));
    return *config;
}

}  // namespace rookery::test

#endif
