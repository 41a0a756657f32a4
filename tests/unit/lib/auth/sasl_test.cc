// SASL server and client against each other, over a sasldb in a temporary directory.
#include <sys/socket.h>

#include <algorithm>

#include <openssl/evp.h>

#include "lib/auth/sasl_client.h"
#include "lib/auth/sasl_server.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using auth::SaslClient;
using auth::SaslServer;

// A fresh database with bob and the library set up on it.
struct Fixture {
    test::TempDir dir;
    config::Config config;

    explicit Fixture(std::string_view more = {}) : config(make(dir, more))
    {
        ASSERT_OK(SaslServer::init_library(config, "rookery-test"));
        ASSERT_OK(SaslClient::init_library(config));
        ASSERT_OK(auth::set_password(config, "bob", {}, "secret"));
    }
    static config::Config make(const test::TempDir& d, std::string_view more)
    {
        auto made = config::Config::from_text(
            cat("configdirectory: ", d.path(), "\nservername: be1.example.org:1143\n",
                "sasl_pwcheck_method: auxprop\nsasl_auxprop_plugin: sasldb\nsasl_sasldb_path: ",
                d.file("sasldb2"), "\n", more),
            "imap");
        ASSERT_OK(made);
        return *std::move(made);
    }
    SaslServer server()
    {
        auto s = SaslServer::make(config, "imap", "192.0.2.1;4000", "192.0.2.2;143");
        ASSERT_OK(s);
        return *std::move(s);
    }
    SaslClient client(auth::Credentials who)
    {
        return SaslClient::make(config, "imap", "be1.example.org", "192.0.2.2;143",
                                "192.0.2.1;4000", std::move(who));
    }
};

Status converse(SaslServer& server, SaslClient& client, const std::string& mechanism)
{
    TRY_ASSIGN(auto first, client.start({mechanism}));
    TRY_ASSIGN(auto step, server.start(first.mechanism, first.initial));
    for (int i = 0; i < 10 && !step.done; ++i) {
        TRY_ASSIGN(auto answer, client.step(step.data));
        TRY_ASSIGN(step, server.step(answer.data));
    }
    if (!step.done) return Error{Code::syntax, "does not end"};
    if (step.has_data) {
        TRY_ASSIGN(auto last, client.step(step.data));
        if (!last.done) return Error{Code::syntax, "the client wants more"};
    }
    return success();
}

START_TEST(a_password_set_here_is_checked_here)
{
    Fixture f;
    SaslServer s = f.server();
    ASSERT_OK(s.check_password("bob", "secret"));
    ASSERT_EQ_TEXT(s.authid(), "bob");
    ASSERT_CODE(s.check_password("bob", "Secret"), Code::denied);
    ASSERT_CODE(s.check_password("bob", ""), Code::denied);
    ASSERT_CODE(s.check_password("alice", "secret"), Code::denied);
    ASSERT_OK(s.check_password("bob", "secret"));
    ASSERT_OK(auth::set_password(f.config, "bob", {}, "other"));
    ASSERT_CODE(s.check_password("bob", "secret"), Code::denied);
    ASSERT_OK(s.check_password("bob", "other"));
    ASSERT_OK(auth::set_password(f.config, "bob", {}, std::nullopt));
    ASSERT_CODE(s.check_password("bob", "other"), Code::denied);
}
END_TEST

START_TEST(a_hashed_password_lets_in_by_scram_and_plain)
{
    Fixture f("allowplaintext: yes\n");
    auto log_in = [&](const std::string& mechanism, const std::string& password) {
        SaslServer server = f.server();
        SaslClient client = f.client({"bob", {}, password, {}});
        return converse(server, client, mechanism);
    };
    auto holds = [&](std::string_view text) {
        auto database = read_file(f.dir.file("sasldb2"), 1 << 20);
        ASSERT_OK(database);
        return database->find(text) != std::string::npos;
    };
    ASSERT_OK(auth::set_password(f.config, "bob", {}, "first-word", auth::Kept::hashed));
    ck_assert(holds("authPassword"));
    ck_assert(!holds("first-word"));
    ASSERT_OK(log_in("SCRAM-SHA-256", "first-word"));
    ASSERT_CODE(log_in("SCRAM-SHA-256", "secret"), Code::denied);
    ASSERT_OK(log_in("PLAIN", "first-word"));
    ASSERT_CODE(log_in("PLAIN", "first-wore"), Code::denied);
    SaslServer server = f.server();
    ASSERT_OK(server.check_password("bob", "first-word"));
    ck_assert_str_eq(server.authid().c_str(), "bob");
    ASSERT_CODE(server.check_password("bob", "secret"), Code::denied);
    // Each form takes the place of the other.
    ASSERT_OK(auth::set_password(f.config, "bob", {}, "second-word"));
    ASSERT_OK(log_in("PLAIN", "second-word"));
    ASSERT_OK(log_in("SCRAM-SHA-256", "second-word"));
    ASSERT_CODE(log_in("SCRAM-SHA-256", "first-word"), Code::denied);
    ASSERT_OK(auth::set_password(f.config, "bob", {}, "third-word", auth::Kept::hashed));
    ck_assert(!log_in("PLAIN", "second-word"));
    ASSERT_OK(log_in("PLAIN", "third-word"));
    ASSERT_OK(auth::set_password(f.config, "bob", {}, std::nullopt));
    ck_assert(!log_in("PLAIN", "third-word"));
    ck_assert(!log_in("SCRAM-SHA-256", "third-word"));
}
END_TEST

// Nothing where a name or a password should be is no failure of ours.
START_TEST(empty_credentials_are_refused)
{
    Fixture f("allowplaintext: yes\n");
    SaslServer s = f.server();
    for (const std::string& message :
         {std::string("\0\0", 2), std::string("\0bob\0", 5), std::string("\0\0secret", 8),
          std::string("bob\0\0secret", 11), std::string("bob\0\0", 5)}) {
        ASSERT_CODE(s.start("PLAIN", message), Code::denied);
        auto asked = s.start("PLAIN", std::nullopt);
        ASSERT_OK(asked);
        ASSERT_CODE(s.step(message), Code::denied);
    }
    ASSERT_CODE(s.check_password("", ""), Code::denied);
    ASSERT_CODE(s.check_password("", "secret"), Code::denied);
    ASSERT_CODE(s.check_password("bob", ""), Code::denied);
    ASSERT_OK(s.start("PLAIN", std::string("\0bob\0secret", 11)));
}
END_TEST

// MD5 of challenge and secret (RFC 1939 7).
std::string apop_digest(const std::string& challenge, const std::string& secret)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    const std::string text = challenge + secret;
    ck_assert_int_eq(EVP_Digest(text.data(), text.size(), digest, &size, EVP_md5(), nullptr), 1);
    return hex({reinterpret_cast<const char*>(digest), size});
}

START_TEST(apop)
{
    Fixture f;
    SaslServer s = f.server();
    const auto challenge = s.apop_challenge();
    ck_assert(challenge.has_value());
    ck_assert(challenge->starts_with('<') && challenge->ends_with('>'));
    ck_assert(challenge->size() < 400);
    ck_assert(*s.apop_challenge() != *challenge);
    ASSERT_CODE(s.check_apop(*challenge, "bob", apop_digest(*challenge, "wrong")), Code::denied);
    ASSERT_CODE(s.check_apop(*challenge, "bob", ""), Code::denied);
    ASSERT_CODE(s.check_apop(*challenge, "", apop_digest(*challenge, "secret")), Code::denied);
    ASSERT_CODE(s.check_apop(*challenge, "alice", apop_digest(*challenge, "secret")), Code::denied);
    ASSERT_EQ_TEXT(s.authid(), "");
    ASSERT_OK(s.check_apop(*challenge, "bob", apop_digest(*challenge, "secret")));
    ASSERT_EQ_TEXT(s.authid(), "bob");
}
END_TEST

// What stands behind the plus is no part of the user's name, in whatever way he says who he is.
START_TEST(details_of_names)
{
    Fixture f("allowplaintext: yes\n");
    SaslServer s = f.server();
    ASSERT_CODE(s.start("PLAIN", std::string("\0bob+work\0secret", 16)), Code::denied);
    ASSERT_OK(s.take_detail());
    const struct {
        std::string_view message;
        const char* authid;
        const char* authzid;
        const char* detail;
    } kCases[] = {
        {{"\0bob+work\0secret", 16}, "bob", "bob", "work"},
        {{"\0bob\0secret", 11}, "bob", "bob", ""},
        {{"joe+a.b/c\0bob\0secret", 20}, "bob", "joe", "a.b/c"},
        {{"joe+a+b@example.org\0bob\0secret", 30}, "bob", "joe@example.org", "a+b"},
    };
    for (const auto& c : kCases) {
        auto step = s.start("PLAIN", std::string(c.message));
        ASSERT_OK(step);
        ck_assert(step->done);
        ASSERT_EQ_TEXT(s.authid(), c.authid);
        ASSERT_EQ_TEXT(s.authzid(), c.authzid);
        ASSERT_EQ_TEXT(s.detail(), c.detail);
    }
    ASSERT_OK(s.check_password("bob+x", "secret"));
    ASSERT_EQ_TEXT(s.detail(), "x");
    ASSERT_CODE(s.check_password("bob+x", "wrong"), Code::denied);
    ASSERT_OK(s.check_password("bob", "secret"));
    ASSERT_EQ_TEXT(s.detail(), "");
}
END_TEST

const char* const kMechanisms[] = {"PLAIN",      "LOGIN",       "CRAM-MD5",
                                   "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"};

START_TEST(each_mechanism_works_and_refuses)
{
    Fixture f("allowplaintext: yes\n");
    std::string mechanism = kMechanisms[_i];
    SaslServer s = f.server();
    SaslClient good = f.client({"bob", "", "secret", ""});
    ASSERT_OK(converse(s, good, mechanism));
    ASSERT_EQ_TEXT(s.authid(), "bob");
    ASSERT_EQ_TEXT(s.authzid(), "bob");
    SaslClient bad = f.client({"bob", "", "wrong", ""});
    ASSERT_CODE(converse(s, bad, mechanism), Code::denied);
    // For the log: by whom it was tried. He is nobody.
    ASSERT_EQ_TEXT(s.authid(), "bob");
    ASSERT_EQ_TEXT(s.authzid(), "");
    // The same server object after a failure.
    SaslClient again = f.client({"bob", "", "secret", ""});
    ASSERT_OK(converse(s, again, mechanism));
}
END_TEST

START_TEST(an_authzid_is_carried_and_not_judged)
{
    Fixture f("allowplaintext: yes\n");
    SaslServer s = f.server();
    SaslClient c = f.client({"bob", "alice", "secret", ""});
    ASSERT_OK(converse(s, c, "PLAIN"));
    ASSERT_EQ_TEXT(s.authid(), "bob");
    ASSERT_EQ_TEXT(s.authzid(), "alice");
    SaslClient weak = f.client({"bob", "alice", "secret", ""});
    ASSERT_CODE(weak.start({"LOGIN", "CRAM-MD5"}), Code::unsupported);
}
END_TEST

START_TEST(plain_is_said_only_where_it_may_be)
{
    Fixture f("allowplaintext: yes\n");
    // What PLAIN means ends at a NUL.
    ASSERT_CODE(f.client({"bob", "alice", std::string("a\0b", 3), ""}).start({"PLAIN"}),
                Code::syntax);
    SaslClient strict = f.client({"bob", "", "secret", ""});
    strict.set_strength(56, 256);
    ASSERT_CODE(strict.start({"PLAIN", "LOGIN"}), Code::unsupported);
    SaslClient inside_tls = f.client({"bob", "", "secret", ""});
    inside_tls.set_strength(56, 256);
    inside_tls.set_external(128, "");
    ASSERT_OK(inside_tls.start({"PLAIN", "LOGIN"}));
    // Something better is taken where it is offered.
    SaslClient better = f.client({"bob", "", "secret", ""});
    auto start = better.start({"PLAIN", "SCRAM-SHA-256"});
    ASSERT_OK(start);
    ASSERT_EQ_TEXT(start->mechanism, "SCRAM-SHA-256");
    // After its one message there is nothing to answer.
    SaslClient once = f.client({"bob", "", "secret", ""});
    ASSERT_OK(once.start({"PLAIN"}));
    ASSERT_CODE(once.step("more"), Code::syntax);
}
END_TEST

bool offers(SaslServer& s, std::string_view mechanism)
{
    auto list = s.mechanisms();
    return std::find(list.begin(), list.end(), mechanism) != list.end();
}

START_TEST(plaintext_is_offered_only_where_it_is_safe)
{
    Fixture f;
    SaslServer s = f.server();
    ck_assert(!offers(s, "PLAIN"));
    ck_assert(offers(s, "CRAM-MD5"));
    ASSERT_CODE(s.start("PLAIN", std::string("\0bob\0secret", 11)), Code::unsupported);
    ASSERT_OK(s.set_external(256, ""));
    ck_assert(offers(s, "PLAIN"));
    SaslServer local = f.server();
    ASSERT_OK(local.set_plaintext_allowed(true));
    ck_assert(offers(local, "PLAIN"));
    ASSERT_CODE(local.start("NONSENSE", std::nullopt), Code::unsupported);
}
END_TEST

START_TEST(the_list_of_mechanisms_is_that_of_the_configuration)
{
    Fixture f("sasl_mech_list: PLAIN CRAM-MD5\nallowplaintext: yes\n");
    SaslServer s = f.server();
    ck_assert_uint_eq(s.mechanisms().size(), 2);
    ck_assert(offers(s, "PLAIN"));
    ck_assert(offers(s, "CRAM-MD5"));
}
END_TEST

START_TEST(a_broken_exchange_is_refused)
{
    Fixture f("allowplaintext: yes\n");
    SaslServer s = f.server();
    ck_assert(!s.start("PLAIN", std::string("no separators")));
    ck_assert(!s.start("PLAIN", std::string(100000, '\0')));
    auto challenge = s.start("DIGEST-MD5", std::nullopt);
    ASSERT_OK(challenge);
    ck_assert(!s.step(std::string(5000, '=')));
    ck_assert(!s.step("after a failure"));
}
END_TEST

START_TEST(a_security_layer_carries_the_session)
{
    Fixture f;
    SaslServer s = f.server();
    SaslClient c = f.client({"bob", "", "secret", ""});
    ASSERT_OK(converse(s, c, "DIGEST-MD5"));
    ck_assert_int_gt(s.ssf(), 0);
    ck_assert_int_eq(s.ssf(), c.ssf());
    int ends[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    stream::Stream a{Fd(ends[0])};
    stream::Stream b{Fd(ends[1])};
    ASSERT_OK(s.push_layer(a));
    ASSERT_OK(c.push_layer(b));
    std::string big(60000, 'x');
    b.put("a1 ", big, "\r\n");
    ASSERT_OK(b.flush());
    ck_assert(*a.read_line(70000) == "a1 " + big);
    a.put("a1 OK\r\n");
    ASSERT_OK(a.flush());
    ASSERT_EQ_TEXT(*b.read_line(100), "a1 OK");
}
END_TEST

START_TEST(server_names_lose_their_port)
{
    ASSERT_EQ_TEXT(auth::host_of("be1.example.org:1143"), "be1.example.org");
    ASSERT_EQ_TEXT(auth::host_of("be1"), "be1");
    ASSERT_EQ_TEXT(auth::host_of("[::1]:24"), "::1");
    ASSERT_EQ_TEXT(auth::host_of("::1"), "::1");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/auth/sasl");
    TCase* c = tcase_create("all");
    tcase_add_test(c, a_password_set_here_is_checked_here);
    tcase_add_test(c, a_hashed_password_lets_in_by_scram_and_plain);
    tcase_add_test(c, empty_credentials_are_refused);
    tcase_add_test(c, apop);
    tcase_add_test(c, details_of_names);
    tcase_add_loop_test(c, each_mechanism_works_and_refuses, 0,
                        static_cast<int>(std::size(kMechanisms)));
    tcase_add_test(c, an_authzid_is_carried_and_not_judged);
    tcase_add_test(c, plain_is_said_only_where_it_may_be);
    tcase_add_test(c, plaintext_is_offered_only_where_it_is_safe);
    tcase_add_test(c, the_list_of_mechanisms_is_that_of_the_configuration);
    tcase_add_test(c, a_broken_exchange_is_refused);
    tcase_add_test(c, a_security_layer_carries_the_session);
    tcase_add_test(c, server_names_lose_their_port);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
