#include "imap/session/session_kit.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <chrono>

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"
#include "lib/service/retirement.h"
#include "lib/service/scoreboard.h"
#include "lib/service/service.h"
#include "lib/stream/memory_layer.h"
#include "tests/unit/imap/session/kit_fixture.h"
#include "tests/unit/unit.h"

// This suite runs without the skeleton of the daemons.
namespace rookery::service::counters {
void add(Kind, uint64_t) {}
}  // namespace rookery::service::counters

namespace rookery::service::retirement {
int fd()
{
    return test::template_fd;
}
bool is_due()
{
    return test::template_gone;
}
bool is_known()
{
    return test::template_gone;
}
}  // namespace rookery::service::retirement

namespace rookery::service::scoreboard {
namespace {
std::string shown_user;
Alike alike;
}  // namespace
void set_user(std::string_view user)
{
    shown_user = user;
}
void set_mailbox(std::string_view) {}
Alike count_alike(std::string_view, std::string_view, const Alike&)
{
    return alike;
}
}  // namespace rookery::service::scoreboard

namespace {

using namespace rookery;
using session::SessionKit;
using test::kImap;
using test::kLmtp;
using Fixture = test::KitFixture;

START_TEST(passwords_are_checked_where_they_may_be_sent)
{
    Fixture f("allowplaintext: yes\n");
    auto who = f.kit->check_password("Bob", "secret");
    ASSERT_OK(who);
    ASSERT_EQ_TEXT(who->userid, "bob");
    ck_assert(!who->admin);
    ASSERT_CODE(f.kit->check_password("bob", "wrong"), Code::denied);
    ASSERT_CODE(f.kit->check_password("nobody", "secret"), Code::denied);
    ASSERT_CODE(f.kit->check_password("bob*", "secret"), Code::denied);
    ASSERT_OK(f.kit->check_password("bob@be1.example.org", "secret"));

    Fixture strict;
    ck_assert(!strict.kit->plaintext_allowed());
    ASSERT_CODE(strict.kit->check_password("bob", "secret"), Code::denied);
    Fixture local({}, kImap, true);
    ASSERT_OK(local.kit->check_password("bob", "secret"));
    Fixture tls("allowplaintext: yes\ntls_required: yes\n");
    ck_assert(!tls.kit->plaintext_allowed());
    ck_assert(tls.kit->mechanisms().empty());
}
END_TEST

START_TEST(a_failed_login_is_slow)
{
    Fixture f("allowplaintext: yes\n");
    auto slow = config::Config::from_text(
        cat("configdirectory: ", f.dir.path(), "\nfailedloginpause: 1s\nallowplaintext: yes\n",
            "sasl_pwcheck_method: auxprop\n"),
        "imap");
    ASSERT_OK(slow);
    SessionKit kit(*slow, nullptr, kImap, service::ClientInfo{});
    auto before = monotonic_now();
    ASSERT_CODE(kit.check_password("bob*", "x"), Code::denied);
    ck_assert(monotonic_now() - before >= Milliseconds(990));
}
END_TEST

START_TEST(who_may_act_for_whom)
{
    Fixture f;
    SessionKit& kit = *f.kit;
    auto admin = kit.identify("cyrus", "");
    ck_assert(admin->admin && !admin->proxy_admin);
    auto proxied = kit.identify("fe", "bob");
    ASSERT_OK(proxied);
    ASSERT_EQ_TEXT(proxied->userid, "bob");
    ASSERT_EQ_TEXT(proxied->authenticated_as, "fe");
    ck_assert(!proxied->any_admin());
    // An admin behind a frontend is no real admin.
    auto proxied_admin = kit.identify("fe", "cyrus");
    ck_assert(!proxied_admin->admin && proxied_admin->proxy_admin);
    auto by_admin = kit.identify("cyrus", "bob");
    ck_assert(!by_admin->any_admin());
    ASSERT_EQ_TEXT(by_admin->userid, "bob");
    ASSERT_CODE(kit.identify("bob", "alice"), Code::denied);
    ck_assert(admin->node && proxied->node && by_admin->node);
    ck_assert(!kit.identify("bob", "BOB")->node && !kit.identify("bob", "")->node);
    ASSERT_OK(kit.identify("bob", "BOB"));
    ASSERT_OK(kit.identify("bob", ""));
    ASSERT_CODE(kit.identify("fe", "a/b"), Code::bad_name);
}
END_TEST

START_TEST(only_admins_deliver)
{
    Fixture f({}, kLmtp);
    ck_assert(f.kit->identify("murder", "")->admin);
    ASSERT_CODE(f.kit->identify("cyrus", ""), Code::denied);
    ASSERT_CODE(f.kit->identify("fe", "murder"), Code::denied);
}
END_TEST

START_TEST(texts_of_the_administrator)
{
    Fixture f;
    ck_assert(!f.kit->shutdown_text());
    ck_assert(!f.kit->motd());
    ASSERT_OK(make_directories(f.dir.file("msg")));
    ASSERT_OK(replace_file(f.dir.file("msg/shutdown"), "down\x01 for\r\nsecond\n"));
    ASSERT_OK(replace_file(f.dir.file("msg/motd"), std::string(4000, 'm')));
    ASSERT_EQ_TEXT(*f.kit->shutdown_text(), "down for");
    ck_assert_uint_eq(f.kit->motd()->size(), 480);
}
END_TEST

START_TEST(the_greeting_tells_as_much_as_it_should)
{
    Fixture on;
    ck_assert(on.kit->greeting_name().starts_with("be1.example.org Cyrus IMAP 3.6.1-"));
    Fixture lmtp({}, kLmtp);
    ck_assert(lmtp.kit->greeting_name().starts_with("be1.example.org Cyrus LMTP "));
    Fixture min("serverinfo: min\n");
    ASSERT_EQ_TEXT(min.kit->greeting_name(), "be1.example.org");
    Fixture off("serverinfo: off\n");
    ASSERT_EQ_TEXT(off.kit->greeting_name(), "");
    ck_assert(on.kit->session_id() != lmtp.kit->session_id());
}
END_TEST

START_TEST(telemetry_is_for_users_with_a_directory)
{
    Fixture f;
    ASSERT_OK(make_directories(f.dir.file("log/bob")));
    stream::MemoryEnds ends{"a LOGIN bob x\r\nb NOOP\r\n", {}, 65536, false, false};
    stream::Stream client(stream::memory_layer(ends));
    ASSERT_EQ_TEXT(*client.read_line(100), "a LOGIN bob x");
    auth::Identity who;
    who.userid = "bob";
    f.kit->logged_in(who, "plaintext", client);
    ASSERT_EQ_TEXT(service::scoreboard::shown_user, "bob");
    // What the client had sent already is not lost.
    ASSERT_EQ_TEXT(*client.read_line(100), "b NOOP");
    client.put("b OK\r\n");
    ASSERT_OK(client.flush());
    auto text = read_file(f.dir.file(cat("log/bob/imap-", ::getpid())), 4096);
    ASSERT_OK(text);
    ck_assert(text->ends_with(">b OK\r\n"));
}
END_TEST

START_TEST(a_login_has_its_time_and_so_has_the_next_one)
{
    Fixture f("login_timeout: 1s\n");
    stream::MemoryEnds ends;
    stream::Stream client(stream::memory_layer(ends));
    const auto limited = [&] {
        return client.wait_deadline().poll_ms() <= 1000 && client.wait_deadline().ends_when_told();
    };
    f.kit->await_login(client);
    ck_assert(limited());
    auth::Identity who;
    who.userid = "bob";
    f.kit->logged_in(who, "plaintext", client);
    ck_assert(!limited());
    ck_assert(client.wait_deadline().ends_when_told());
    f.kit->logged_out(client);
    ck_assert(limited());
    ck_assert(!SessionKit::why_given_up(client));
    client.fail(Error{Code::timeout, "the time is over"});
    ASSERT_EQ_TEXT(*SessionKit::why_given_up(client), "Disconnected for inactivity");
}
END_TEST

// What an address may hold without a login, by the options, with so many there already.
START_TEST(an_address_has_a_share_of_connections_without_a_login)
{
    const struct {
        const char* options;
        unsigned strangers;
        bool is_unix;
        bool refused;
    } rows[] = {
        {"", 5000, false, false},  // a backend's clients are its frontends
        {"login_connections_per_host: 3\n", 3, false, false},
        {"login_connections_per_host: 3\n", 4, false, true},
        {"login_connections_per_host: 3\n", 4, true, false},
        {"login_connections_per_host: 0\n", 5000, false, false},
        {"imap_login_connections_per_host: 3\n", 4, false, true},
        {"login_connections_per_host: 3\nlogin_connections_exempt: 192.0.2.1 127.0.0.1\n", 4, false,
         false},
        {"login_connections_per_host: 3\nlogin_connections_exempt: 192.0.2.1\n", 4, false, true},
    };
    for (const auto& row : rows) {
        Fixture f(row.options, kImap, row.is_unix);
        service::scoreboard::alike = {0, 0, row.strangers};
        ck_assert_msg(f.kit->why_not_now().has_value() == row.refused, "%s", row.options);
    }
    service::scoreboard::alike = {};
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/session/session_kit");
    TCase* c = tcase_create("all");
    tcase_add_test(c, passwords_are_checked_where_they_may_be_sent);
    tcase_add_test(c, a_failed_login_is_slow);
    tcase_add_test(c, who_may_act_for_whom);
    tcase_add_test(c, only_admins_deliver);
    tcase_add_test(c, texts_of_the_administrator);
    tcase_add_test(c, the_greeting_tells_as_much_as_it_should);
    tcase_add_test(c, telemetry_is_for_users_with_a_directory);
    tcase_add_test(c, a_login_has_its_time_and_so_has_the_next_one);
    tcase_add_test(c, an_address_has_a_share_of_connections_without_a_login);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
