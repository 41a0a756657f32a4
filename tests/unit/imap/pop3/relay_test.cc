#include "imap/pop3/relay.h"

#include <memory>

#include "imap/backend/idle_backends.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "lib/text/base64.h"
#include "tests/support/answering_layer.h"
#include "tests/support/scripted_peer.h"
#include "tests/unit/imap/backend/configured.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::test;
using pop3::Relay;
using Answers = std::vector<std::string>;

std::optional<std::string> nowhere_else()
{
    return std::nullopt;
}

// A session with a server that is logged in to, and answers each command with the next piece.
struct World {
    AnsweringEnds server;
    stream::MemoryEnds client;
    backend::BackendPool pool;
    stream::Stream stream;
    Relay relay;

    explicit World(Answers answers, size_t chunk = 65536)
        : server{.answers = std::move(answers), .chunk = chunk, .said = {}, .written = {}},
          client{.input = {}, .output = {}},
          pool(configured(), backend::pop3_dialect()),
          stream(stream::memory_layer(client)),
          relay(pool, stream)
    {
        pool.add(backend::backend_for_test(backend::pop3_dialect(), "be1",
                                           stream::Stream(std::make_unique<AnsweringLayer>(server)),
                                           {}));
        ASSERT_OK(relay.open("be1", nowhere_else));
    }
    Status pass(std::string_view line)
    {
        const auto command = pop3::parse(line);
        ASSERT_OK(command);
        return relay.pass(*command);
    }
    const std::string& heard()
    {
        (void)stream.flush();
        return client.output;
    }
};

struct Answered {
    const char* command;
    std::string answer;
};

// Whole answers, of each verb and in each form.
const Answered kAnswers[] = {
    {"STAT", "+OK 2 320\r\n"},
    {"STAT", "+OK\r\n"},
    {"STAT", "-ERR\r\n"},
    {"LIST", "+OK 2 messages\r\n1 120\r\n2 200\r\n.\r\n"},
    {"LIST", "-ERR [SYS/TEMP] later\r\n"},
    {"LIST 2", "+OK 2 200\r\n"},
    {"UIDL", "+OK\r\n.\r\n"},
    {"UIDL 1", "+OK 1 7.1\r\n"},
    {"DELE 1", "+OK deleted\r\n"},
    {"RSET", "+OK\r\n"},
    {"RETR 1", "+OK 4 octets\r\n\r\n.\r\n"},
    {"RETR 1", "-ERR no such message\r\n"},
    {"RETR 2", "+OK\r\na\r\n..\r\n..b\r\n.c\r\n. \r\n.\r\r\nx.\r\n\r\n.\r\n"},
    // Bare LFs, behind which servers put their dots too.
    {"RETR 3", "+OK\r\na\n..\nb\n.\r\n"},
    {"RETR 4", "+OK\r\na\n.\n"},
    {"RETR 5",
     cat("+OK\r\n", std::string(100'000, 'x'), "\r\n", std::string("\0\r\r", 3), "\r\n.\r\n")},
    {"TOP 1 0", "+OK\r\nSubject: x\r\n\r\n.\r\n"},
};

START_TEST(an_answer_is_copied_to_its_end)
{
    for (const Answered& c : kAnswers)
        for (const size_t chunk : {1, 2, 3, 7, 65536}) {
            // What is behind the end is nobody's answer.
            World w({c.answer + "+OK more\r\n", "+OK never asked\r\n"}, chunk);
            ASSERT_OK(w.pass(c.command));
            ASSERT_EQ_TEXT(w.heard(), c.answer);
            ASSERT_EQ_TEXT(w.server.written, cat(c.command, "\r\n"));
            ASSERT_CODE(w.pass("STAT"), Code::closed);
            ASSERT_EQ_TEXT(w.heard(), c.answer);
            ASSERT_EQ_TEXT(w.server.written, cat(c.command, "\r\n"));
            ck_assert(w.stream.ok() && !w.relay.is_open());
        }
}
END_TEST

// Cut at each byte: nothing is said, or a part of it and then nothing more.
START_TEST(an_answer_that_is_cut_short_ends_the_client)
{
    for (const Answered& c : kAnswers) {
        if (c.answer.size() > 1000) continue;
        for (size_t n = 0; n < c.answer.size(); ++n) {
            World w({c.answer.substr(0, n)});
            ck_assert(!w.pass(c.command));
            ck_assert(!w.relay.is_open() && w.pool.open_connections().empty());
            const size_t first = c.answer.find('\n') + 1;
            const bool begun = n >= first;
            ck_assert_msg(w.stream.ok() == !begun, "%s cut at %zu", c.command, n);
            if (!begun) {
                ASSERT_EQ_TEXT(w.heard(), "");
                continue;
            }
            w.stream.put("-ERR one more word\r\n");
            w.stream.close();
            ck_assert(c.answer.starts_with(w.heard()) && !w.client.shut_down);
        }
    }
}
END_TEST

START_TEST(what_is_no_answer_is_trouble)
{
    for (const std::string& garbage :
         {std::string("OK\r\n"), std::string("+OKAY\r\n"), std::string("+ \r\n"),
          std::string("-ERRATIC\r\n"), std::string("* OK\r\n"), std::string("\r\n"),
          std::string(".\r\n"), std::string("+ok\r\n"), std::string("+OK a\rb\r\n"),
          std::string("+OK a\0b\r\n", 9), std::string("HTTP/1.1 400\r\n"),
          cat("+OK ", std::string(pop3::kMaxStatusLine, 'x'), "\r\n"),
          std::string(1'000'000, '+')}) {
        World w({garbage, "+OK\r\n"});
        const Status passed = w.pass("RETR 1");
        ck_assert_msg(passed.is(Code::syntax) || passed.is(Code::limit), "%.30s", garbage.c_str());
        ck_assert(w.stream.ok() && !w.relay.is_open());
        ASSERT_EQ_TEXT(w.heard(), "");
        // The server is asked nothing more, not even to end.
        ASSERT_CODE(w.pass("STAT"), Code::closed);
        ASSERT_EQ_TEXT(w.server.written, "RETR 1\r\n");
    }
}
END_TEST

START_TEST(a_command_is_written_anew)
{
    struct {
        const char* said;
        const char* sent;
    } rows[] = {
        {"stat", "STAT"},
        {"Retr   007", "RETR 7"},
        {"list ", "LIST"},
        {"top 1  0", "TOP 1 0"},
        {"uidl 4294967295", "UIDL 4294967295"},
    };
    for (const auto& row : rows) {
        World w({"-ERR\r\n"});
        ASSERT_OK(w.pass(row.said));
        ASSERT_EQ_TEXT(w.server.written, cat(row.sent, "\r\n"));
    }
}
END_TEST

START_TEST(quit_gives_the_servers_answer)
{
    struct {
        Answers answers;
        const char* line;  // null: an error
    } rows[] = {
        {{"+OK bye\r\n"}, "+OK bye\r\n"},
        {{"-ERR [SYS/TEMP] some deleted messages not removed\r\n"},
         "-ERR [SYS/TEMP] some deleted messages not removed\r\n"},
        {{"+OK bye"}, nullptr},
        {{""}, nullptr},
        {{"BYE\r\n"}, nullptr},
    };
    for (const auto& row : rows) {
        World w(row.answers);
        const auto last = w.relay.quit();
        ck_assert(last.ok() == (row.line != nullptr));
        if (last) ASSERT_EQ_TEXT(*last, row.line);
        ASSERT_EQ_TEXT(w.server.written, "QUIT\r\n");
        ck_assert(w.pool.open_connections().empty() && w.client.output.empty());
    }
    // What it said before is no answer to it, and no deletion is asked for without one.
    World early({"+OK\r\n+OK bye\r\n", "+OK bye\r\n"});
    ASSERT_OK(early.pass("DELE 1"));
    ck_assert(!early.relay.quit());
    ASSERT_EQ_TEXT(early.server.written, "DELE 1\r\n");
    // Whatever else ends it is no QUIT.
    void (*const ends[])(World&) = {
        [](World& w) { w.relay.abandon(); },
        [](World& w) { w.pool.drop_all(); },
        [](World& w) { w.pool.hand_on(); },
        [](World& w) { w.pool.open_connections()[0]->logout(); },
    };
    for (const auto& end : ends) {
        World w({"+OK\r\n", "+OK\r\n"});
        ASSERT_OK(w.pass("DELE 1"));
        end(w);
        ASSERT_EQ_TEXT(w.server.written, "DELE 1\r\n");
    }
}
END_TEST

// --- over sockets

const std::string kGreeting = "+OK be1 server ready\r\n";
const std::string kBefore = "+OK\r\nSASL PLAIN\r\nPIPELINING\r\n.\r\n";

std::string auth(std::string_view user)
{
    return cat("AUTH PLAIN ", text::base64_encode(cat(user, '\0', "murder", '\0', "secret")));
}

std::string after(std::string_view capability)
{
    return cat("+OK\r\nUIDL\r\n", capability, "\r\n.\r\n");
}

std::vector<Step> operator+(std::vector<Step> a, const std::vector<Step>& b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

std::vector<Step> until_login(std::string_view user)
{
    return {send(kGreeting), expect("CAPA"), send(kBefore), expect(auth(user))};
}

std::vector<Step> login(std::string_view user, std::string_view capability)
{
    return until_login(user) + std::vector{send("+OK Mailbox locked and ready\r\n"), expect("CAPA"),
                                           send(after(capability))};
}

std::string address(const ScriptedPeer& peer)
{
    return cat("127.0.0.1:", peer.port());
}

struct Session {
    backend::BackendPool pool;
    stream::MemoryEnds client{.input = {}, .output = {}};
    stream::Stream stream;
    Relay relay;

    Session(const std::string& user, backend::IdleBackends& idle)
        : pool(configured(), backend::pop3_dialect(), &idle),
          stream(stream::memory_layer(client)),
          relay(pool, stream)
    {
        pool.set_user(user);
    }
    Status pass(std::string_view line) { return relay.pass(*pop3::parse(line)); }
};

// AUTH, the commands and X-REUSE: no more for the second user, and one connection for both.
START_TEST(two_users_one_after_the_other)
{
    ScriptedPeer peer(login("bob", "X-REUSE") +
                      std::vector{expect("STAT"), send("+OK 1 bob\r\n"), expect("X-REUSE"),
                                  send("+OK bye, bob\r\n"), expect(auth("alice")),
                                  send("+OK hello, alice\r\n"), expect("STAT"),
                                  send("+OK 2 alice\r\n"), expect("X-REUSE"),
                                  send("-ERR [SYS/TEMP] some\r\n"), expect_end()});
    backend::IdleBackends idle(configured());
    Session bob("bob", idle);
    ASSERT_EQ_TEXT(*bob.relay.open(address(peer), nowhere_else),
                   "+OK Mailbox locked and ready\r\n");
    ASSERT_OK(bob.pass("STAT"));
    ASSERT_EQ_TEXT(*bob.relay.quit(), "+OK bye, bob\r\n");
    ck_assert(!bob.relay.is_open());
    Session alice("alice", idle);
    ASSERT_EQ_TEXT(*alice.relay.open(address(peer), nowhere_else), "+OK hello, alice\r\n");
    ASSERT_OK(alice.pass("STAT"));
    ASSERT_EQ_TEXT(*alice.relay.quit(), "-ERR [SYS/TEMP] some\r\n");
    ck_assert(peer.finished_well());
    for (Session* s : {&bob, &alice}) ASSERT_OK(s->stream.flush());
    ASSERT_EQ_TEXT(bob.client.output, "+OK 1 bob\r\n");
    ASSERT_EQ_TEXT(alice.client.output, "+OK 2 alice\r\n");
}
END_TEST

// What happens behind bob's login; alice then finds that nobody listens any more.
START_TEST(a_connection_in_doubt_is_not_handed_on)
{
    struct {
        std::string capability;
        std::vector<Step> steps;
        bool quits;
        bool is_answered;
    } rows[] = {
        {"TOP", {expect("QUIT"), send("+OK\r\n"), expect_end()}, true, true},
        {"X-REUSE", {expect("X-REUSE"), send("+OK\r\n+OK\r\n"), expect("QUIT")}, true, true},
        {"X-REUSE", {expect("X-REUSE"), send("+OK\r\n"), hang_up()}, true, true},
        {"X-REUSE", {expect("X-REUSE"), send("-ERR\r\n"), expect_end()}, true, true},
        {"X-REUSE", {expect("X-REUSE"), send("garbage\r\n"), expect_end()}, true, false},
        {"X-REUSE", {expect("X-REUSE"), hang_up()}, true, false},
        {"X-REUSE", {expect_end()}, false, false},
    };
    size_t n = 0;
    for (auto& row : rows) {
        ScriptedPeer peer(login("bob", row.capability) + row.steps);
        backend::IdleBackends idle(configured());
        Session bob("bob", idle);
        ASSERT_OK(bob.relay.open(address(peer), nowhere_else));
        if (row.quits)
            ck_assert_msg(bob.relay.quit().ok() == row.is_answered, "row %zu", n);
        else
            bob.relay.abandon();
        Session alice("alice", idle);
        ck_assert(!alice.relay.open(address(peer), nowhere_else));
        ck_assert_msg(peer.finished_well(), "row %zu", n);
        ++n;
    }
}
END_TEST

START_TEST(what_a_client_is_told_of_a_refused_login)
{
    struct {
        const char* said;
        Code code;
        const char* told;
        bool looks_again;
    } rows[] = {
        {"-ERR [IN-USE] locked by another", Code::busy, "-ERR [IN-USE] locked by another\r\n",
         false},
        {"-ERR [LOGIN-DELAY] wait", Code::busy, "-ERR [LOGIN-DELAY] wait\r\n", false},
        {"-ERR [SYS/TEMP] no maildrop", Code::moved, "-ERR [SYS/TEMP] no maildrop\r\n", true},
        // "Not here" is never final where the list says otherwise (doc/rules.md 5.1).
        {"-ERR [SYS/PERM] no maildrop", Code::moved,
         "-ERR [SYS/TEMP] The maildrop cannot be opened now, try again later\r\n", true},
        {"-ERR [AUTH] murder may not act for bob", Code::unavailable,
         "-ERR [SYS/TEMP] Not possible now, try again later\r\n", false},
        {"-ERR authentication failure", Code::unavailable,
         "-ERR [SYS/TEMP] Not possible now, try again later\r\n", false},
        {"* BAD", Code::unavailable, "-ERR [SYS/TEMP] Not possible now, try again later\r\n",
         false},
    };
    for (const auto& row : rows) {
        ScriptedPeer peer(until_login("bob") + std::vector{send(cat(row.said, "\r\n"))});
        backend::IdleBackends idle(configured());
        Session bob("bob", idle);
        bool looked = false;
        const auto opened = bob.relay.open(address(peer), [&]() -> std::optional<std::string> {
            looked = true;
            return address(peer);
        });
        ASSERT_CODE(opened, row.code);
        ASSERT_EQ_TEXT(Relay::refusal(opened.error()), row.told);
        ck_assert(looked == row.looks_again && !bob.relay.is_open());
        ck_assert(peer.finished_well());
    }
}
END_TEST

START_TEST(a_user_who_is_elsewhere_now_is_found_there)
{
    for (const bool is_there : {true, false}) {
        ScriptedPeer old(until_login("bob") + std::vector{send("-ERR [SYS/TEMP] not here\r\n")});
        ScriptedPeer now(is_there ? login("bob", "TOP") + std::vector{expect_end()}
                                  : until_login("bob") +
                                        std::vector{send("-ERR [SYS/TEMP] not yet\r\n")});
        backend::IdleBackends idle(configured());
        Session bob("bob", idle);
        const auto opened = bob.relay.open(address(old), [&] { return address(now); });
        ck_assert(opened.ok() == is_there);
        if (!opened) ASSERT_EQ_TEXT(Relay::refusal(opened.error()), "-ERR [SYS/TEMP] not yet\r\n");
        bob.relay.abandon();
        ck_assert(old.finished_well() && now.finished_well());
    }
}
END_TEST

// On a kept connection: that a user's maildrop is taken is no reason to ask once more, while what
// passes may be the trouble of that one process. Then it is found that nobody listens any more.
START_TEST(a_refusal_on_a_kept_connection)
{
    const std::pair<const char*, Code> rows[] = {
        {"-ERR [IN-USE] locked", Code::busy},
        {"-ERR [LOGIN-DELAY] too early", Code::busy},
        {"-ERR [SYS/TEMP] Server is going down", Code::unavailable},
        {"-ERR [SYS/PERM] no maildrop", Code::unavailable},
        {"-ERR no", Code::unavailable},
    };
    for (const auto& [said, code] : rows) {
        ScriptedPeer peer(login("bob", "X-REUSE") +
                          std::vector{expect("X-REUSE"), send("+OK\r\n"), expect(auth("alice")),
                                      send(cat(said, "\r\n")), expect_end()});
        backend::IdleBackends idle(configured());
        Session bob("bob", idle);
        ASSERT_OK(bob.relay.open(address(peer), nowhere_else));
        ASSERT_OK(bob.relay.quit());
        Session alice("alice", idle);
        ASSERT_CODE(alice.relay.open(address(peer), nowhere_else), code);
        ck_assert(peer.finished_well());
    }
}
END_TEST

// A client that takes nothing: what is held for it stays small, and it is ended.
START_TEST(a_client_that_takes_nothing)
{
    const std::string body(50'000'000, 'x');
    World big({cat("+OK\r\n", body, "\r\n.\r\n")});
    auto [ours, theirs] = connected_pair();
    stream::Stream slow(std::move(ours));
    slow.set_timeout(Milliseconds(200));
    backend::BackendPool pool(configured(), backend::pop3_dialect());
    AnsweringEnds ends{.answers = {big.server.answers[0]}, .said = {}, .written = {}};
    pool.add(backend::backend_for_test(backend::pop3_dialect(), "be1",
                                       stream::Stream(std::make_unique<AnsweringLayer>(ends)), {}));
    Relay relay(pool, slow);
    ASSERT_OK(relay.open("be1", nowhere_else));
    // The server has done nothing wrong.
    ASSERT_OK(relay.pass(*pop3::parse("RETR 1")));
    ck_assert(!slow.ok() && !relay.is_open());
    // What was not taken in is still with the server.
    ck_assert(ends.said.size() > body.size() - 2'000'000);
}
END_TEST

// Nor has it where the client has gone, whatever kind of answer it was.
START_TEST(a_client_that_has_gone_is_no_loss_of_the_server)
{
    for (const Answered& c : kAnswers) {
        World w({c.answer});
        w.stream.fail(Error{Code::closed, "gone"});
        ASSERT_OK(w.pass(c.command));
        ck_assert(!w.relay.is_open() && w.pool.open_connections().empty());
    }
}
END_TEST

Suite* make()
{
    signals::install();
    Suite* suite = suite_create("relay");
    TCase* c = tcase_create("relay");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, an_answer_is_copied_to_its_end);
    tcase_add_test(c, an_answer_that_is_cut_short_ends_the_client);
    tcase_add_test(c, what_is_no_answer_is_trouble);
    tcase_add_test(c, a_command_is_written_anew);
    tcase_add_test(c, quit_gives_the_servers_answer);
    tcase_add_test(c, two_users_one_after_the_other);
    tcase_add_test(c, a_connection_in_doubt_is_not_handed_on);
    tcase_add_test(c, what_a_client_is_told_of_a_refused_login);
    tcase_add_test(c, a_user_who_is_elsewhere_now_is_found_there);
    tcase_add_test(c, a_refusal_on_a_kept_connection);
    tcase_add_test(c, a_client_that_takes_nothing);
    tcase_add_test(c, a_client_that_has_gone_is_no_loss_of_the_server);
    suite_add_tcase(suite, c);
    return suite;
}
const test::Registered registered(make);

}  // namespace
