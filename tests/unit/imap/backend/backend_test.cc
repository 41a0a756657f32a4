#include "imap/backend/backend.h"

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "imap/backend/backend_pool.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/text/base64.h"
#include "tests/support/scripted_peer.h"
#include "tests/unit/imap/backend/configured.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::test;
using backend::Backend;

namespace {

std::string plain(std::string_view authzid)
{
    std::string message(authzid);
    message += '\0';
    message += "murder";
    message += '\0';
    message += "secret";
    return text::base64_encode(message);
}

START_TEST(a_login_acts_for_the_user)
{
    ScriptedPeer peer({send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] be1 server ready\r\n"),
                       expect(cat("A01 AUTHENTICATE PLAIN ", plain("bob"))),
                       send("A01 OK [CAPABILITY IMAP4rev1 IDLE MUPDATE=mupdate://m/] in\r\n"),
                       expect("Q01 LOGOUT"), expect_end()});
    auto b = Backend::connect(configured(), backend::imap_dialect(), cat("127.0.0.1:", peer.port()),
                              {.authzid = "bob", .authname = {}, .password = {}, .realm = {}});
    ASSERT_OK(b);
    ck_assert((*b)->has_capability("idle"));
    ck_assert(!(*b)->has_capability("AUTH=PLAIN"));
    ck_assert((*b)->has_capability_family("MUPDATE"));
    ck_assert(!(*b)->has_capability_family("MUP"));
    std::string first = (*b)->next_tag();
    ck_assert(first.size() == 9 && first != (*b)->next_tag());
    ck_assert((*b)->is_alive());
    (*b)->logout();
    ck_assert(!(*b)->is_alive());
    ck_assert(peer.finished_well());
}
END_TEST

START_TEST(without_initial_response_and_capabilities)
{
    ScriptedPeer peer({send("* OK be1 server ready\r\n"), expect("C01 CAPABILITY"),
                       send("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nC01 OK\r\n"),
                       expect("A01 AUTHENTICATE PLAIN"), send("+ \r\n"), expect(plain("")),
                       send("A01 OK in\r\n"), expect("C01 CAPABILITY"),
                       send("* CAPABILITY IMAP4rev1 UIDPLUS\r\nC01 OK\r\n")});
    auto b =
        Backend::connect(configured(), backend::imap_dialect(), cat("127.0.0.1:", peer.port()), {});
    ASSERT_OK(b);
    ck_assert((*b)->has_capability("UIDPLUS"));
    ck_assert(peer.finished_well());
}
END_TEST

START_TEST(what_can_go_wrong)
{
    const config::Config& config = configured("client_bind: no\n");
    const std::string greeting = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi\r\n";
    struct {
        std::vector<Step> steps;
        Code code;
    } rows[] = {
        {{send("* BYE not now\r\n")}, Code::unavailable},
        {{hang_up()}, Code::unavailable},
        {{send(greeting), expect(cat("A01 AUTHENTICATE PLAIN ", plain(""))),
          send("A01 NO bad\r\n")},
         Code::denied},
        {{send(greeting), expect(cat("A01 AUTHENTICATE PLAIN ", plain(""))), hang_up()},
         Code::unavailable},
        {{send("* OK [CAPABILITY IMAP4rev1] no mechanism\r\n")}, Code::denied},
        {{send("SSH-2.0-x\r\n")}, Code::syntax},
    };
    for (const auto& row : rows) {
        ScriptedPeer peer(row.steps);
        auto b =
            Backend::connect(config, backend::imap_dialect(), cat("127.0.0.1:", peer.port()), {});
        ASSERT_CODE(b, row.code);
    }
}
END_TEST

START_TEST(a_silent_server_is_given_up)
{
    const config::Config& config = configured("backend_failures: 2\n");
    auto short_one =
        config::Config::from_text("configdirectory: /tmp\nclient_timeout: 1s\n", "imap");
    ScriptedPeer peer({expect_end()});
    auto began = monotonic_now();
    auto b =
        Backend::connect(*short_one, backend::imap_dialect(), cat("127.0.0.1:", peer.port()), {});
    ASSERT_CODE(b, Code::timeout);
    ck_assert(monotonic_now() - began < Seconds(4));
    (void)config;
}
END_TEST

START_TEST(a_mechanism_list_of_one_server)
{
    const config::Config& config = configured("127_mechs: DIGEST-MD5\n");
    ScriptedPeer peer({send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi\r\n")});
    auto b = Backend::connect(config, backend::imap_dialect(), cat("127.0.0.1:", peer.port()), {});
    ASSERT_CODE(b, Code::denied);
}
END_TEST

START_TEST(a_pool_keeps_one_connection_and_replaces_a_dead_one)
{
    const config::Config& config = configured();
    ScriptedPeer peer({send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi\r\n"),
                       expect(cat("A01 AUTHENTICATE PLAIN ", plain("bob"))),
                       send("A01 OK [CAPABILITY X] in\r\n"), expect("bye"),
                       send("* BYE timeout\r\n"), hang_up()});
    std::string server = cat("127.0.0.1:", peer.port());
    backend::BackendPool pool(config, backend::imap_dialect());
    pool.set_user("bob");
    auto first = pool.get(server);
    ASSERT_OK(first);
    auto same = pool.get(server);
    ASSERT_OK(same);
    ck_assert(*first == *same);
    (*first)->stream().put("bye\r\n");
    ASSERT_OK((*first)->stream().flush());
    ck_assert(peer.finished_well());
    // Nobody listens any more: the dead one is not given out again.
    ASSERT_CODE(pool.get(server), Code::unavailable);
    ck_assert(pool.find(server) == nullptr);
    // Each is told so at once, and so finds it as soon as it is back.
    for (int i = 0; i < 5; i++) {
        auto refused = pool.get(server);
        ASSERT_CODE(refused, Code::unavailable);
        ck_assert(refused.error().text.find("refused") != std::string::npos);
    }
}
END_TEST

START_TEST(whoever_has_news_is_alive)
{
    auto [ours, theirs] = connected_pair();
    ScriptedPeer peer(std::move(theirs),
                      {send("* 1 EXISTS\r\n"), expect("go"), send("* BYE\r\n"), expect_end()});
    auto b = backend::backend_for_test(backend::imap_dialect(), "be1",
                                       stream::Stream(std::move(ours)), {});
    ASSERT_OK(b->stream().wait_input(Deadline::after(Seconds(5))));
    ck_assert(b->is_alive() && !b->is_silent());
    ASSERT_EQ_TEXT(*b->stream().read_line(100), "* 1 EXISTS");
    ck_assert(b->is_alive() && b->is_silent());
    b->stream().put("go\r\n");
    ASSERT_OK(b->stream().flush());
    ASSERT_OK(b->stream().wait_input(Deadline::after(Seconds(5))));
    ck_assert(!b->is_alive() && !b->is_silent());
}
END_TEST

START_TEST(an_idle_connection_is_logged_out)
{
    const config::Config& config = configured("backend_idle_timeout: 1\n");
    ScriptedPeer peer({send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi\r\n"),
                       expect(cat("A01 AUTHENTICATE PLAIN ", plain("bob"))),
                       send("A01 OK [CAPABILITY X] in\r\n"), expect("Q01 LOGOUT")});
    std::string server = cat("127.0.0.1:", peer.port());
    backend::BackendPool pool(config, backend::imap_dialect());
    pool.set_user("bob");
    auto got = pool.get(server);
    ASSERT_OK(got);
    (*got)->set_selected(true);
    ck_assert(pool.close_idle().is_never());
    (*got)->set_selected(false);
    Deadline due = pool.close_idle();
    ck_assert(!due.is_never());
    while (pool.find(server) != nullptr) {
        ASSERT_OK(signals::poll_fds({}, due));
        due = pool.close_idle();
    }
    ck_assert(peer.finished_well());
}
END_TEST

const std::string kGreeting = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi\r\n";
const std::string kLeft = "$T OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] who next?\r\n";

std::vector<Step> login_of(std::string_view user, std::string_view capabilities)
{
    return {expect(cat("A01 AUTHENTICATE PLAIN ", plain(user))),
            send(cat("A01 OK [CAPABILITY ", capabilities, "] in\r\n"))};
}

std::vector<Step> operator+(std::vector<Step> a, const std::vector<Step>& b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

START_TEST(the_next_session_gets_the_connection_of_the_last)
{
    const config::Config& config = configured();
    // The second time the server does not say by itself what it can.
    ScriptedPeer peer(std::vector{send(kGreeting)} + login_of("bob", "UNAUTHENTICATE X") +
                      std::vector{expect("$T UNAUTHENTICATE"), send(kLeft)} +
                      login_of("alice", "UNAUTHENTICATE Y") +
                      std::vector{expect("$T UNAUTHENTICATE"), send("$T OK\r\n"),
                                  expect("C01 CAPABILITY"),
                                  send("* CAPABILITY IMAP4REV1 AUTH=PLAIN SASL-IR\r\nC01 OK\r\n")} +
                      login_of("carl", "Z") + std::vector{expect("Q01 LOGOUT"), expect_end()});
    const std::string server = cat("127.0.0.1:", peer.port());
    backend::IdleBackends idle(config);
    const char* expected[] = {"X", "Y", "Z"};
    const char* users[] = {"bob", "alice", "carl"};
    for (int i = 0; i < 3; i++) {
        backend::BackendPool pool(config, backend::imap_dialect(), &idle);
        pool.set_user(users[i]);
        auto got = pool.get(server);
        ASSERT_OK(got);
        ck_assert((*got)->has_capability(expected[i]));
        ck_assert(!(*got)->has_capability("AUTH=PLAIN"));
        pool.hand_on();
        ck_assert(pool.find(server) == nullptr);
    }
    ck_assert(peer.finished_well());
}
END_TEST

// What happens to a connection between two sessions; the second finds that nobody listens any more.
START_TEST(a_connection_in_doubt_is_not_handed_on)
{
    struct {
        std::vector<Step> steps;  // behind the first login
        void (*spoil)(Backend&);
    } rows[] = {
        {{expect_end()}, [](Backend& b) { b.begin_command(); }},
        {{expect("Q01 LOGOUT")}, [](Backend& b) { b.doubt(); }},
        {{expect("Q01 LOGOUT")}, [](Backend& b) { b.set_selected(true); }},
        {{expect("go"), send("* 1 EXISTS\r\n"), expect("Q01 LOGOUT")},
         [](Backend& b) {
             b.stream().put("go\r\n");
             ASSERT_OK(b.stream().flush());
             ASSERT_OK(b.stream().wait_input(Deadline::after(Seconds(5))));
         }},
        {{expect("$T UNAUTHENTICATE"), send("$T NO\r\n")}, nullptr},
        {{expect("$T UNAUTHENTICATE"), send("* 1 EXPUNGE\r\n" + kLeft)}, nullptr},
        {{expect("$T UNAUTHENTICATE"), send(kLeft + "* 1 EXISTS\r\n"), expect("Q01 LOGOUT")},
         nullptr},
        {{expect("$T UNAUTHENTICATE"), send(kLeft), hang_up()}, nullptr},
        {{expect("$T UNAUTHENTICATE"), send(kLeft),
          expect(cat("A01 AUTHENTICATE PLAIN ", plain("alice"))), send("A01 NO busy\r\n")},
         nullptr},
    };
    const config::Config& config = configured();
    int n = 0;
    for (auto& row : rows) {
        ScriptedPeer peer(std::vector{send(kGreeting)} + login_of("bob", "UNAUTHENTICATE") +
                          row.steps);
        const std::string server = cat("127.0.0.1:", peer.port());
        backend::IdleBackends idle(config);
        backend::BackendPool pool(config, backend::imap_dialect(), &idle);
        pool.set_user("bob");
        auto got = pool.get(server);
        ASSERT_OK(got);
        if (row.spoil != nullptr) row.spoil(**got);
        pool.hand_on();
        pool.set_user("alice");
        ASSERT_CODE(pool.get(server), Code::unavailable);
        ck_assert_msg(peer.finished_well(), "row %d", n);
        n++;
    }
}
END_TEST

START_TEST(few_connections_are_kept_and_not_for_long)
{
    const config::Config& config = configured("backend_reuse_timeout: 1\n");
    constexpr size_t kMany = backend::IdleBackends::kMaxKept + 1;
    std::vector<std::unique_ptr<ScriptedPeer>> peers;
    backend::IdleBackends idle(config);
    backend::BackendPool pool(config, backend::imap_dialect(), &idle);
    pool.set_user("bob");
    for (size_t i = 0; i < kMany; i++) {
        peers.push_back(std::make_unique<ScriptedPeer>(
            std::vector{send(kGreeting)} + login_of("bob", "UNAUTHENTICATE") +
            std::vector{expect("$T UNAUTHENTICATE"), send(kLeft), expect("Q01 LOGOUT")}));
        ASSERT_OK(pool.get(cat("127.0.0.1:", peers.back()->port())));
        pool.hand_on();
    }
    ck_assert(peers.front()->finished_well());  // the oldest made room
    Deadline due = idle.close_expired();
    ck_assert(!due.is_never());
    while (!due.is_never()) {
        ASSERT_OK(signals::poll_fds({}, due));
        due = idle.close_expired();
    }
    for (size_t i = 1; i < kMany; i++) ck_assert(peers[i]->finished_well());
    ck_assert(idle.take(cat("127.0.0.1:", peers[1]->port())) == nullptr);
}
END_TEST

// GSSAPI as it is on a machine without a ticket, or one that the server does not like: what the
// plug-in of libsasl2 does, without Kerberos.
struct Ticket {
    int first = SASL_FAIL;   // of the step that has no challenge
    int second = SASL_FAIL;  // of the next
};
Ticket ticket;

int new_gssapi(void*, sasl_client_params_t*, void** context)
{
    *context = &ticket;
    return SASL_OK;
}

int step_gssapi(void*, sasl_client_params_t* params, const char* in, unsigned, sasl_interact_t**,
                const char** out, unsigned* size, sasl_out_params_t* done)
{
    // As the plug-in: the names first.
    int named = params->canon_user(params->utils->conn, "murder", 0,
                                   SASL_CU_AUTHID | SASL_CU_AUTHZID, done);
    if (named != SASL_OK) return named;
    const int result = in == nullptr ? ticket.first : ticket.second;
    *out = result == SASL_CONTINUE ? "token" : nullptr;
    *size = *out != nullptr ? 5 : 0;
    return result;
}

int gssapi_plugin(const sasl_utils_t*, int, int* version, sasl_client_plug_t** list, int* count)
{
    static sasl_client_plug_t plugin{};
    plugin.mech_name = "GSSAPI";
    plugin.max_ssf = 256;
    // More than the real one claims, where that is installed: so this one is taken.
    plugin.security_flags = SASL_SEC_NOPLAINTEXT | SASL_SEC_NOANONYMOUS | SASL_SEC_MUTUAL_AUTH |
                            SASL_SEC_NOACTIVE | SASL_SEC_NODICTIONARY | SASL_SEC_FORWARD_SECRECY;
    plugin.features = SASL_FEAT_WANT_CLIENT_FIRST | SASL_FEAT_ALLOWS_PROXY;
    plugin.mech_new = new_gssapi;
    plugin.mech_step = step_gssapi;
    *version = SASL_CLIENT_PLUG_VERSION;
    *list = &plugin;
    *count = 1;
    return SASL_OK;
}

const std::string kBoth = "* OK [CAPABILITY IMAP4rev1 AUTH=GSSAPI AUTH=PLAIN SASL-IR] hi\r\n";
const std::string kToken = "A01 AUTHENTICATE GSSAPI dG9rZW4=";

START_TEST(a_mechanism_of_no_use_is_followed_by_the_next)
{
    const std::vector<Step> in = {expect(cat("A01 AUTHENTICATE PLAIN ", plain(""))),
                                  send("A01 OK [CAPABILITY X] in\r\n"), expect("Q01 LOGOUT")};
    const std::vector<Step> out = {expect_end()};
    struct {
        const char* configured;
        Ticket ticket;
        std::vector<Step> steps;
        const char* why;  // nullptr: the login succeeds
    } rows[] = {
        // No ticket: nothing is sent of it.
        {"", {}, std::vector{send(kBoth)} + in, nullptr},
        // The server does not take ours, at once or after a challenge.
        {"",
         {SASL_CONTINUE, SASL_FAIL},
         std::vector{send(kBoth), expect(kToken), send("A01 NO no keytab\r\n")} + in,
         nullptr},
        {"",
         {SASL_CONTINUE, SASL_FAIL},
         std::vector{send(kBoth), expect(kToken), send("+ AAAA\r\n"), expect("*"),
                     send("A01 BAD cancelled\r\n")} +
             in,
         nullptr},
        {"",
         {SASL_CONTINUE, SASL_FAIL},
         std::vector{send(kBoth), expect(kToken), send("+ AAAA\r\n"), expect("*"),
                     send("A01 OK cancelled, or not?\r\n")} +
             out,
         "by GSSAPI"},
        // Only what both have, and what the policy allows.
        {"",
         {},
         std::vector{send("* OK [CAPABILITY IMAP4rev1 AUTH=GSSAPI AUTH=ANONYMOUS] hi\r\n")} + out,
         "by GSSAPI"},
        {"127_mechs: GSSAPI\n", {}, std::vector{send(kBoth)} + out, "by GSSAPI"},
        {"sasl_minimum_layer: 1\n", {}, std::vector{send(kBoth)} + out, "by GSSAPI"},
        {"sasl_minimum_layer: 56\n",
         {},
         std::vector{send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN] hi\r\n")} + out,
         "protection of 56 bits"},
        {"sasl_minimum_layer: 56\n",
         {},
         std::vector{send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=CRAM-MD5] hi\r\n")} + out,
         "protection of 56 bits"},
        // A refused password is not said once more in other words.
        {"",
         {},
         std::vector{send("* OK [CAPABILITY IMAP4rev1 AUTH=GSSAPI AUTH=PLAIN AUTH=LOGIN SASL-IR] hi"
                          "\r\n"),
                     expect(cat("A01 AUTHENTICATE PLAIN ", plain(""))), send("A01 NO wrong\r\n")} +
             out,
         "by PLAIN: NO wrong"},
    };
    int n = 0;
    for (const auto& row : rows) {
        const config::Config& config = configured(row.configured);
        ck_assert_int_eq(::sasl_client_add_plugin("gssapi", gssapi_plugin), SASL_OK);
        ticket = row.ticket;
        ScriptedPeer peer(row.steps);
        const std::string server = cat("127.0.0.1:", peer.port());
        auto b = Backend::connect(config, backend::imap_dialect(), server, {});
        if (row.why == nullptr) {
            ck_assert_msg(b.ok(), "row %d: %s", n, b.ok() ? "" : b.error().text.c_str());
            (*b)->logout();
        } else {
            ASSERT_CODE(b, Code::denied);
            const std::string& text = b.error().text;
            ck_assert_msg(text.find(row.why) != text.npos && text.find(server) != text.npos,
                          "row %d: %s", n, text.c_str());
        }
        ck_assert_msg(peer.finished_well(), "row %d", n);
        n++;
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/backend/backend");
    TCase* c = tcase_create("all");
    tcase_set_timeout(c, 30);
    tcase_add_test(c, a_login_acts_for_the_user);
    tcase_add_test(c, without_initial_response_and_capabilities);
    tcase_add_test(c, what_can_go_wrong);
    tcase_add_test(c, a_silent_server_is_given_up);
    tcase_add_test(c, a_mechanism_list_of_one_server);
    tcase_add_test(c, a_mechanism_of_no_use_is_followed_by_the_next);
    tcase_add_test(c, a_pool_keeps_one_connection_and_replaces_a_dead_one);
    tcase_add_test(c, whoever_has_news_is_alive);
    tcase_add_test(c, an_idle_connection_is_logged_out);
    tcase_add_test(c, the_next_session_gets_the_connection_of_the_last);
    tcase_add_test(c, a_connection_in_doubt_is_not_handed_on);
    tcase_add_test(c, few_connections_are_kept_and_not_for_long);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
