#include "imap/backend/server_address.h"

#include "tests/unit/unit.h"

using namespace rookery;

namespace {

START_TEST(short_names)
{
    ASSERT_EQ_TEXT(backend::short_name("be1.example.org"), "be1");
    ASSERT_EQ_TEXT(backend::short_name("BE1"), "be1");
    ASSERT_EQ_TEXT(backend::short_name("localhost:1143"), "localhost");
    ASSERT_EQ_TEXT(backend::short_name("be1.x:1143/tls"), "be1");
}
END_TEST

START_TEST(addresses)
{
    auto config =
        *config::Config::from_text("configdirectory: /tmp/x\n"
                                   "be2_address: 127.0.0.1\n"
                                   "be3_address: 127.0.0.1:1143\n"
                                   "be4_address: imap=127.0.0.1:2143 lmtp=127.0.0.2:2024\n"
                                   "be5_address: imap=127.0.0.1:2143 10.0.0.5\n"
                                   "be6_address: /run/lmtp/noauth\n"
                                   "be7_address: h:993/tls/noauth\n",
                                   "imap");
    struct {
        const char* server;
        const char* service;
        const char* host;
        const char* port;
    } rows[] = {{"be1.example.org", "imap", "be1.example.org", "imap"},
                {"be1.example.org:1143", "imap", "be1.example.org", "1143"},
                {"be2.example.org", "lmtp", "127.0.0.1", "lmtp"},
                {"be3", "imap", "127.0.0.1", "1143"},
                {"be4.example.org", "imap", "127.0.0.1", "2143"},
                {"be4.example.org", "lmtp", "127.0.0.2", "2024"},
                {"be4.example.org", "mupdate", "be4.example.org", "mupdate"},
                {"be5", "imap", "127.0.0.1", "2143"},
                {"be5", "lmtp", "10.0.0.5", "lmtp"}};
    for (const auto& row : rows) {
        auto a = backend::server_address(config, row.server, row.service);
        ASSERT_OK(a);
        ASSERT_EQ_TEXT(a->target.host, row.host);
        ASSERT_EQ_TEXT(a->target.port, row.port);
        ck_assert(!a->implicit_tls && !a->without_login);
    }
    auto six = *backend::server_address(config, "be6", "lmtp");
    ck_assert(six.target.is_unix && six.without_login);
    ASSERT_EQ_TEXT(six.target.host, "/run/lmtp");
    auto seven = *backend::server_address(config, "be7", "imap");
    ck_assert(seven.implicit_tls && seven.without_login);
    ASSERT_EQ_TEXT(seven.target.port, "993");
    ASSERT_CODE(backend::server_address(config, "", "imap"), Code::config);
}
END_TEST

START_TEST(options_of_one_server)
{
    auto config = *config::Config::from_text(
        "configdirectory: /tmp/x\nbe1_password: one\nlocalhost_password: two\n", "imap");
    ASSERT_EQ_TEXT(*backend::server_option(config, "BE1.example.org", "password"), "one");
    ASSERT_EQ_TEXT(*backend::server_option(config, "localhost:1143", "password"), "two");
    ck_assert(!backend::server_option(config, "be2", "password"));
    // Two that share a short name.
    auto two = config::Config::from_text(
        "configdirectory: /tmp/x\nmail_password: short\nMail.b.example_password: whole\n"
        "mail.b.example_client_cert: /b\nmail.b.example_address: 127.0.0.1:1143\n",
        "imap");
    ASSERT_OK(two);
    ASSERT_EQ_TEXT(*backend::server_option(*two, "mail.a.example", "password"), "short");
    ASSERT_EQ_TEXT(*backend::server_option(*two, "mail.b.example", "password"), "whole");
    ASSERT_EQ_TEXT(*backend::server_option(*two, "MAIL.b.example:143", "password"), "whole");
    ASSERT_EQ_TEXT(backend::certificate_name(*two, "mail.a.example"), "mail");
    ASSERT_EQ_TEXT(backend::certificate_name(*two, "mail.b.example"), "mail.b.example");
    ASSERT_EQ_TEXT(backend::server_address(*two, "mail.b.example", "imap")->target.port, "1143");
    ASSERT_EQ_TEXT(backend::server_address(*two, "mail.a.example", "imap")->target.port, "imap");
    // Of others only the whole name counts.
    using backend::Whose;
    ck_assert(!backend::server_option(*two, "mail.a.example", "password", Whose::others));
    ASSERT_EQ_TEXT(*backend::server_option(*two, "mail.b.example", "password", Whose::others),
                   "whole");
    ASSERT_EQ_TEXT(backend::certificate_name(*two, "mail.a.example", Whose::others),
                   "mail.a.example");
    ck_assert(two->unknown().empty());
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/backend/server_address");
    TCase* c = tcase_create("all");
    tcase_add_test(c, short_names);
    tcase_add_test(c, addresses);
    tcase_add_test(c, options_of_one_server);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
