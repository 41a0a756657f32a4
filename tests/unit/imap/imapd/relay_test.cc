// The relay between a client and other servers that a script plays.
#include "imap/imapd/relay/relay.h"

#include <sys/socket.h>

#include "imap/imapd/engine.h"
#include "imap/imapd/relay/remote_append.h"
#include "imap/imapd/relay/server_choice.h"
#include "imap/imapd/relay/transfer.h"
#include "imap/imapd/user.h"
#include "imap/mboxlist/memory_directory.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/text/base64.h"
#include "tests/support/scripted_peer.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::imapd;
using test::expect;
using test::expect_bytes;
using test::expect_end;
using test::hang_up;
using test::ScriptedPeer;
using test::send;
using test::skip_command;
using test::skip_line;
using test::Step;
using Steps = std::vector<Step>;

namespace {

// The list in memory, which can be told what it will know after catch_up().
class LateDirectory : public mboxlist::MemoryDirectory {
 public:
    Status catch_up() override
    {
        asked++;
        if (asked < late_from) return success();
        for (const auto& entry : late) TRY(put(entry));
        late.clear();
        if (behind) return Error{Code::behind, "test"};
        return success();
    }
    Status put(const model::MailboxEntry& entry)
    {
        const mboxlist::Change change = mboxlist::Change::put(entry);
        return commit({&change, 1});
    }
    std::vector<model::MailboxEntry> late;
    int late_from = 0;  // that many times it does not know it yet
    bool behind = false;
    int asked = 0;
};

model::MailboxEntry entry(const char* name, const std::string& server,
                          const char* acl = "bob\tlrswipkxtecdan\t")
{
    model::MailboxEntry e{.name = *model::MailboxName::from_internal(name),
                          .server = server,
                          .partition = "default",
                          .acl = *model::Acl::parse(acl),
                          .uniqueid = {}};
    return e;
}

const std::vector<std::string> kCapabilities = {
    "IMAP4REV1", "LITERAL+", "UIDPLUS", "MULTIAPPEND", "IDLE", "UNSELECT", "MUPDATE=mupdate://m/"};

class World {
 public:
    explicit World(const std::string& more = {}, const char* select_mode = "random")
        : config_(*config::Config::from_text(
              cat("configdirectory: ", dir_.path(),
                  "\nproxy_password: secret\nunixhierarchysep: no\naltnamespace: no\nserverlist: "
                  "be1 be2\nmupdate_server: m\n"
                  "serverlist_select_mode: ",
                  select_mode, "\nclient_timeout: 3s\nbackend_failures: 100\n", more),
              "imap")),
          kit_(config_, nullptr, imapd::kProtocol, {}),
          idle_(config_),
          pool_(config_, backend::imap_dialect(), &idle_)
    {
        signals::install();
        ASSERT_OK(auth::SaslServer::init_library(config_, "rookery-test"));
        ASSERT_OK(auth::SaslClient::init_library(config_));
        ASSERT_OK(list.put(entry("user.bob", "be1")));
        ASSERT_OK(list.put(entry("user.bob.one", "be1")));
        ASSERT_OK(list.put(entry("user.bob.two", "be2")));
        pool_.set_user("bob");
    }

    // A server that is logged in to already.
    ScriptedPeer& server(const std::string& name, Steps steps,
                         const std::vector<std::string>& capabilities = kCapabilities)
    {
        auto [ours, theirs] = test::connected_pair();
        peers_.push_back(std::make_unique<ScriptedPeer>(std::move(theirs), std::move(steps)));
        auto made = backend::backend_for_test(backend::imap_dialect(), name,
                                              stream::Stream(std::move(ours)), capabilities);
        made->stream().set_timeout(timeout);
        pool_.add(std::move(made));
        return *peers_.back();
    }

    // The conversation of a client that says all this and then hangs up; without the greeting.
    std::string talk(const std::string& client_says)
    {
        auto [ours, theirs] = test::connected_pair();
        ck_assert(::send(ours.get(), client_says.data(), client_says.size(), 0) ==
                  static_cast<ssize_t>(client_says.size()));
        ck_assert(::shutdown(ours.get(), SHUT_WR) == 0);
        run(std::move(theirs));
        std::string heard;
        char buffer[65536];
        for (ssize_t n; (n = ::recv(ours.get(), buffer, sizeof buffer, 0)) > 0;)
            heard.append(buffer, static_cast<size_t>(n));
        return heard.substr(heard.find("\r\n") + 2);
    }

    // With a client that a script plays, behind the greeting.
    bool talk_with(Steps client)
    {
        auto [ours, theirs] = test::connected_pair();
        ScriptedPeer peer(std::move(ours), std::move(client));
        run(std::move(theirs));
        return peer.finished_well();
    }

    // As the worker does while it waits for a client.
    void let_go_of_idle()
    {
        for (Deadline due = idle_.close_expired(); !due.is_never(); due = idle_.close_expired())
            ASSERT_OK(signals::poll_fds({}, due));
    }

    // As some process heard it at its login there.
    void announces(const std::string& server, const std::vector<std::string>& capabilities)
    {
        backend::Health(backend::Health::path(config_), backend::Health::options(config_))
            .announce(server, "imap", backend::announced(capabilities));
    }

    std::string proxy;  // who logged in for bob
    LateDirectory list;
    Milliseconds timeout{5000};
    bool admin = false;

 private:
    void run(Fd client)
    {
        stream::Stream stream(std::move(client));
        ImapSession session{.config = config_,
                            .kit = kit_,
                            .directory = list,
                            .store = nullptr,
                            .quotas = nullptr,
                            .backends = &pool_,
                            .client = stream,
                            .reader = CommandReader(stream, reader_limits(config_))};
        become(session, auth::Identity{.userid = "bob",
                                       .groups = {},
                                       .admin = admin,
                                       .authenticated_as = proxy.empty() ? "bob" : proxy,
                                       .node = !proxy.empty()});
        Engine(session).run();
    }

    test::TempDir dir_;
    config::Config config_;
    session::SessionKit kit_;
    backend::IdleBackends idle_;
    backend::BackendPool pool_;
    std::vector<std::unique_ptr<ScriptedPeer>> peers_;
};

Steps operator+(Steps a, const Steps& b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

const std::string kSelected =
    "* 2 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n";
const Steps kSelect = {expect("$T SELECT \"INBOX\""),
                       send(kSelected + "$T OK [READ-WRITE] done\r\n")};
const std::string kSelectAnswer = kSelected + "s OK [READ-WRITE] done\r\n";
const Steps kLogout = {expect("Q01 LOGOUT")};
const std::string kLost = "* BYE [UNAVAILABLE] Lost connection to the mailbox's server\r\n";
const std::string kUnavailable =
    " NO [UNAVAILABLE] Server(s) unavailable to complete operation\r\n";

START_TEST(commands_go_on_as_they_came)
{
    World w;
    auto& be = w.server(
        "be1", kSelect +
                   Steps{expect("$T FETCH 1:2 (FLAGS BODY[HEADER.FIELDS (\"a \\\"b\" c)]<0.5>)"),
                         send("* 1 FETCH (BODY[] {12}\r\ns OK a\r\n)\r\n\"x)\r\n* OK [ALERT] hi "
                              "{3}\r\n$T OK [X] yes\r\n"),
                         expect("$T UID STORE 1 +FLAGS (\\Seen $x)"), send("$T NO [NOPERM] no\r\n"),
                         expect("$T SEARCH NEW-THING 8bit-free *:1"),
                         send("* SEARCH 1\r\n$T BAD what\r\n")} +
                   kLogout);
    ASSERT_EQ_TEXT(
        w.talk("s select INBOX\r\n1 fetch 1:2 (FLAGS BODY[HEADER.FIELDS (\"a \\\"b\" c)]<0.5>)\r\n"
               "2 uid store 1 +FLAGS (\\Seen $x)\r\n3 SEARCH NEW-THING 8bit-free *:1\r\n"),
        kSelectAnswer + "* 1 FETCH (BODY[] {12}\r\ns OK a\r\n)\r\n\"x)\r\n* OK [ALERT] hi {3}\r\n1 "
                        "OK [X] yes\r\n"
                        "2 NO [NOPERM] no\r\n* SEARCH 1\r\n3 BAD what\r\n");
    ck_assert(be.finished_well());
}
END_TEST

// A server that lacks a command says so, and the session goes on.
START_TEST(what_a_server_lacks_it_says_itself)
{
    World w;
    auto& be = w.server(
        "be1", kSelect +
                   Steps{expect("$T SORT (DATE) UTF-8 ALL"), send("$T BAD Unknown command\r\n"),
                         expect("$T UID THREAD REFERENCES UTF-8 ALL"), send("$T NO not here\r\n"),
                         expect("$T REPLACE 1 \"INBOX\" {3+}"), expect_bytes("a:b"), expect(""),
                         send("$T BAD Unknown command\r\n"), expect("$T FETCH 1 UID"),
                         send("* 1 FETCH (UID 1)\r\n$T OK x\r\n")} +
                   kLogout);
    ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\n1 SORT (DATE) UTF-8 ALL\r\n"
                          "2 UID THREAD REFERENCES UTF-8 ALL\r\n3 REPLACE 1 INBOX {3+}\r\na:b\r\n"
                          "4 FETCH 1 UID\r\n"),
                   kSelectAnswer + "1 BAD Unknown command\r\n2 NO not here\r\n"
                                   "3 BAD Unknown command\r\n* 1 FETCH (UID 1)\r\n4 OK x\r\n");
    ck_assert(be.finished_well());
}
END_TEST

// What the client has enabled is done here as far as its server needs not know of it (RFC 6855,
// 9051): names, strings, SEARCH, and what SELECT tells.
START_TEST(a_client_speaks_utf8_and_its_server_does_not)
{
    World w;
    ASSERT_OK(w.list.put(entry("user.bob.&APw-", "be1")));
    const std::string ask = "s SELECT \"INBOX.\xC3\xBC\"\r\n";
    auto& be = w.server(
        "be1",
        Steps{expect("$T SELECT \"INBOX.&APw-\""),
              send("* 2 EXISTS\r\n* 1 RECENT\r\n* OK [UNSEEN 1] x\r\n"
                   "* OK [UIDVALIDITY 7] x\r\n$T OK done\r\n"),
              expect("$T SEARCH RETURN (ALL) CHARSET UTF-8 SUBJECT {2+}"), expect_bytes("\xC3\xBC"),
              expect(" UNSEEN"), send("* 3 RECENT\r\n* ESEARCH (TAG \"$T\") ALL 1\r\n$T OK a\r\n"),
              expect("$T UID SEARCH RETURN (MIN) CHARSET UTF-8 2"),
              send("* ESEARCH (TAG \"$T\") UID MIN 9\r\n$T OK b\r\n"),
              expect("$T STATUS \"INBOX.&APw-\" (MESSAGES)"),
              send("* STATUS INBOX.&APw- (MESSAGES 2)\r\n$T OK c\r\n"),
              expect("$T GETACL \"INBOX.&APw-\""),
              send("* ACL {11}\r\nINBOX.&APw- bob lr\r\n* LISTRIGHTS \"INBOX.&APw-\" bob \"\"\r\n"
                   "* MYRIGHTS \"INBOX.a&-b\" lr\r\n* METADATA INBOX.&x (\r\n$T OK d\r\n"),
              expect("$T GETQUOTAROOT \"INBOX.&APw-\""),
              send("* QUOTAROOT INBOX.&APw- INBOX.&APw- \"\"\r\n$T OK e\r\n")} +
            kLogout,
        {"LITERAL+", "UNSELECT", "ESEARCH"});
    ASSERT_EQ_TEXT(
        w.talk(cat("0 ENABLE IMAP4rev2 UTF8=ACCEPT\r\n", ask,
                   "1 SEARCH SUBJECT \"\xC3\xBC\" UNSEEN\r\n2 UID SEARCH RETURN (MIN) 2\r\n"
                   "3 STATUS \"INBOX.\xC3\xBC\" (MESSAGES)\r\n4 GETACL \"INBOX.\xC3\xBC\"\r\n"
                   "5 GETQUOTAROOT {8+}\r\nINBOX.\xC3\xBC\r\n"
                   "6 SEARCH CHARSET UTF-8 ALL\r\n7 SEARCH SUBJECT \"\xFC\"\r\n")),
        "* ENABLED IMAP4rev2 UTF8=ACCEPT\r\n0 OK Completed\r\n"
        "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* LIST () \".\" \"INBOX.\xC3\xBC\"\r\ns OK "
        "done\r\n"
        "* ESEARCH (TAG \"1\") ALL 1\r\n1 OK a\r\n* ESEARCH (TAG \"2\") UID MIN 9\r\n2 OK b\r\n"
        "* STATUS \"INBOX.\xC3\xBC\" (MESSAGES 2)\r\n3 OK c\r\n"
        "* ACL {11}\r\nINBOX.&APw- bob lr\r\n* LISTRIGHTS \"INBOX.\xC3\xBC\" bob \"\"\r\n"
        "* MYRIGHTS INBOX.a&b lr\r\n* METADATA INBOX.&x (\r\n4 OK d\r\n"
        "* QUOTAROOT \"INBOX.\xC3\xBC\" \"INBOX.\xC3\xBC\" \"\"\r\n5 OK e\r\n"
        "6 BAD CHARSET is not allowed: all strings are UTF-8\r\n"
        "7 BAD Quoted string is not UTF-8\r\n");
    ck_assert(be.finished_well());
}
END_TEST

// UIDONLY cannot be done for a server (RFC 9586).
START_TEST(a_server_without_uids_only_is_not_selected)
{
    World w;
    auto& one = w.server(
        "be1",
        Steps{expect("$T ENABLE UIDONLY"), send("* ENABLED UIDONLY\r\n$T OK x\r\n"),
              expect("$T SELECT \"INBOX\""), send("* 2 EXISTS\r\n* OK [UNSEEN 1] x\r\n$T OK x\r\n"),
              expect("$T UID FETCH 7 (FLAGS)"),
              send("* 7 UIDFETCH (FLAGS ())\r\n* VANISHED 9\r\n$T OK x\r\n"), expect("$T UNSELECT"),
              send("$T OK x\r\n")} +
            kLogout,
        {"ENABLE", "UIDONLY", "UNSELECT", "LITERAL+"});
    auto& two = w.server("be2", kLogout, {"ENABLE", "UNSELECT", "LITERAL+"});
    ASSERT_EQ_TEXT(w.talk("0 ENABLE UIDONLY\r\n1 SELECT INBOX\r\n2 UID FETCH 7 (FLAGS)\r\n"
                          "3 FETCH 1 FLAGS\r\n4 SELECT INBOX.two\r\n"),
                   "* ENABLED UIDONLY\r\n0 OK Completed\r\n* 2 EXISTS\r\n1 OK x\r\n"
                   "* 7 UIDFETCH (FLAGS ())\r\n* VANISHED 9\r\n2 OK x\r\n"
                   "3 BAD [UIDREQUIRED] Message numbers are not allowed once UIDONLY is enabled\r\n"
                   "* OK [CLOSED] Ok\r\n"
                   "4 NO [CANNOT] The mailbox's server has no UIDONLY, which is enabled\r\n");
    ck_assert(one.finished_well());
    ck_assert(two.finished_well());
}
END_TEST

START_TEST(how_far_a_copy_is_is_told_by_the_clients_tag)
{
    World w;
    auto& be = w.server("be1", kSelect +
                                   Steps{expect("$T COPY 1 \"INBOX\""),
                                         send("* OK [INPROGRESS (\"$T\" 5 10)] hm\r\n"
                                              "* OK [ALERT] x\r\n$T OK a\r\n")} +
                                   kLogout);
    ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\nmine COPY 1 INBOX\r\n"),
                   kSelectAnswer + "* OK [INPROGRESS (\"mine\" 5 10)] hm\r\n"
                                   "* OK [ALERT] x\r\nmine OK a\r\n");
    ck_assert(be.finished_well());
}
END_TEST

// A server knows a search by another tag (RFC 4731, 5267, 7377, 9585).
START_TEST(what_a_server_says_of_a_search_is_told_by_the_clients_tag)
{
    World w;
    auto& be = w.server(
        "be1",
        kSelect +
            Steps{expect("$T SEARCH RETURN (COUNT UPDATE) ALL"),
                  send("* OK [INPROGRESS (\"$T\" 5 10)] hm\r\n* OK [INPROGRESS] so\r\n"
                       "* ESEARCH (MAILBOX \"INBOX\" TAG \"$T\" UIDVALIDITY 7) UID COUNT 3\r\n"
                       "* ESEARCH (TAG \"other\") COUNT 3\r\n* NO [ALERT] x\r\n"
                       "* NO [NOUPDATE \"$T\"] no\r\n$T OK a\r\n"),
                  expect("$T UID THREAD REFS UTF-8 ALL"),
                  send("* OK [INPROGRESS (\"$T\" 1 NIL)] hm\r\n* THREAD (1)\r\n$T OK b\r\n")} +
            kLogout);
    ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\nmine SEARCH RETURN (COUNT UPDATE) ALL\r\n"
                          "x] UID THREAD REFS UTF-8 ALL\r\n1 CANCELUPDATE \"mine\"\r\n"),
                   kSelectAnswer +
                       "* OK [INPROGRESS (\"mine\" 5 10)] hm\r\n* OK [INPROGRESS] so\r\n"
                       "* ESEARCH (MAILBOX \"INBOX\" TAG \"mine\" UIDVALIDITY 7) UID COUNT 3\r\n"
                       "* ESEARCH (TAG \"other\") COUNT 3\r\n* NO [ALERT] x\r\n"
                       "* NO [NOUPDATE \"mine\"] no\r\nmine OK a\r\n"
                       "* OK [INPROGRESS (NIL 1 NIL)] hm\r\n* THREAD (1)\r\nx] OK b\r\n"
                       "1 NO No results are followed under that tag\r\n");
    ck_assert(be.finished_well());
}
END_TEST

START_TEST(what_is_framed_differently_never_reaches_a_server)
{
    for (std::string bad :
         {std::string("FETCH 1 (BODY[]"), std::string("FETCH 1 BODY)"),
          std::string("SEARCH TEXT \"abc"), std::string("SEARCH TEXT \"a\\x\""),
          std::string("SEARCH TEXT a\rx STORE 1 FLAGS ()"),
          std::string("SEARCH TEXT a\nx STORE 1 FLAGS ()"), std::string("SEARCH TEXT a\0b", 15),
          std::string("SEARCH TEXT {5"), std::string("SEARCH TEXT {5}x"),
          std::string("SEARCH TEXT {}"), std::string("SEARCH TEXT {+}"),
          std::string("SEARCH TEXT {-1}"), std::string("SEARCH TEXT {5++}"),
          std::string("SEARCH TEXT {99999999999999999999}"), std::string("SEARCH TEXT \x80"),
          std::string("SEARCH TEXT a\tb"), std::string("FETCH ") + std::string(60, '('),
          std::string("SEARCH TEXT \"a\nb\""), std::string("SEARCH TEXT \"{3}\r\" x")}) {
        World w;
        auto& be = w.server(
            "be1", kSelect + Steps{expect("$T SEARCH ALL"), send("$T OK fine\r\n")} + kLogout);
        std::string said = w.talk(cat("s SELECT INBOX\r\n1 ", bad, "\r\n2 SEARCH ALL\r\n"));
        ck_assert_msg(said.find("\r\n1 BAD ") != std::string::npos, "%s: %s", bad.c_str(),
                      said.c_str());
        ck_assert_msg(said.find("\r\n2 OK fine\r\n") != std::string::npos, "%s: %s", bad.c_str(),
                      said.c_str());
        ck_assert_msg(be.finished_well(), "%s", bad.c_str());
    }
}
END_TEST

START_TEST(literals_are_counted_and_never_read_as_lines)
{
    World w;
    const std::string body = "a\r\nb LOGOUT\r\n{5+}\r\n(\"";
    auto& be =
        w.server("be1", kSelect +
                            Steps{expect(cat("$T SEARCH TEXT {", body.size(), "+}")),
                                  expect_bytes(body), expect(" SUBJECT ~{3+}"),
                                  expect_bytes("x\"("), expect(" ALL"), send("$T OK fine\r\n")} +
                            kLogout);
    // The first waits for "+", the second does not.
    ASSERT_EQ_TEXT(w.talk(cat("s SELECT INBOX\r\n1 SEARCH TEXT {", body.size(), "}\r\n", body,
                              " SUBJECT ~{3+}\r\nx\"( ALL\r\n")),
                   kSelectAnswer + "+ go ahead\r\n1 OK fine\r\n");
    ck_assert(be.finished_well());
}
END_TEST

START_TEST(only_large_literals_are_announced)
{
    for (size_t size : {size_t{0}, size_t{1}, size_t{4096}, size_t{4097}, size_t{100000}}) {
        for (const char* plus : {"", "+"}) {
            World w;
            const std::string body(size, 'x');
            bool large = size > 4096;
            Steps steps = {
                expect(cat("$T LOCALAPPEND \"INBOX\" \"\" (\\Seen) {", size, large ? "}" : "+}"))};
            if (large) steps.push_back(send("* OK still here\r\n+ go\r\n"));
            auto& be = w.server(
                "be1", steps + Steps{expect_bytes(body + "\r\n"),
                                     send("$T OK [APPENDUID 1 2] done\r\n"), expect("Q01 LOGOUT")});
            std::string wanted = large ? "* OK still here\r\n" : "";
            if (*plus == '\0') wanted += "+ go ahead\r\n";
            ASSERT_EQ_TEXT(
                w.talk(cat("1 APPEND INBOX (\\Seen) {", size, plus, "}\r\n", body, "\r\n")),
                wanted + "1 OK [APPENDUID 1 2] done\r\n");
            ck_assert(be.finished_well());
        }
    }
}
END_TEST

START_TEST(a_server_without_literal_plus_is_asked_each_time)
{
    World w;
    auto& be = w.server("be1",
                        {expect("$T APPEND \"INBOX\" {3}"), send("+ go\r\n"),
                         expect_bytes("abc\r\n"), send("$T OK done\r\n"), expect("Q01 LOGOUT")},
                        {"IMAP4REV1"});
    ASSERT_EQ_TEXT(w.talk("1 APPEND INBOX {3+}\r\nabc\r\n"), "1 OK done\r\n");
    ck_assert(be.finished_well());
}
END_TEST

START_TEST(a_refused_literal_is_dropped)
{
    for (const char* plus : {"", "+"}) {
        World w;
        auto& be = w.server(
            "be1", {expect("$T LOCALAPPEND \"INBOX\" \"\" {5000}"),
                    send("$T NO [OVERQUOTA] full\r\n"), expect("$T STATUS \"INBOX\" (MESSAGES)"),
                    send("* STATUS INBOX (MESSAGES 1)\r\n$T OK fine\r\n"), expect("Q01 LOGOUT")});
        std::string body = *plus != '\0' ? std::string(4990, 'x') + "\r\nx LOGO" + "\r\n" : "";
        if (!body.empty()) body.resize(5002, 'y'), body[5000] = '\r', body[5001] = '\n';
        ASSERT_EQ_TEXT(w.talk(cat("1 APPEND INBOX {5000", plus, "}\r\n", body,
                                  "2 STATUS INBOX (MESSAGES)\r\n")),
                       "1 NO [OVERQUOTA] full\r\n* STATUS INBOX (MESSAGES 1)\r\n2 OK fine\r\n");
        ck_assert(be.finished_well());
    }
}
END_TEST

START_TEST(a_wrong_end_behind_a_large_literal_undoes_the_command)
{
    World w;
    const std::string body(5000, 'x');
    auto& be = w.server("be1", {expect("$T LOCALAPPEND \"INBOX\" \"\" {5000}"), send("+ go\r\n"),
                                expect_bytes(body + " (\r\n"), send("$T BAD what\r\n"),
                                expect("$T STATUS \"INBOX\" (MESSAGES)"), send("$T OK fine\r\n"),
                                expect("Q01 LOGOUT")});
    std::string said =
        w.talk(cat("1 APPEND INBOX {5000}\r\n", body, " (\\Seen\r\n2 STATUS INBOX (MESSAGES)\r\n"));
    ck_assert_msg(said.find("1 BAD ") != std::string::npos, "%s", said.c_str());
    ck_assert_msg(said.find("2 OK fine\r\n") != std::string::npos, "%s", said.c_str());
    (void)be;
}
END_TEST

START_TEST(a_server_may_die_at_any_point)
{
    {  // Before it answers SELECT.
        World w;
        w.server("be1", {expect("$T SELECT \"INBOX\""), send("* 2 EXI"), hang_up()});
        ASSERT_EQ_TEXT(w.talk("1 SELECT INBOX\r\n2 FETCH 1 FLAGS\r\n"),
                       "1" + kUnavailable + "2 BAD Please select a mailbox first\r\n");
    }
    {  // Within a literal to the client.
        World w;
        w.server("be1", kSelect + Steps{expect("$T FETCH 1 BODY[]"),
                                        send("* 1 FETCH (BODY[] {100}\r\nabc"), hang_up()});
        std::string said = w.talk("s SELECT INBOX\r\n1 FETCH 1 BODY[]\r\n2 NOOP\r\n");
        ck_assert_msg(said.ends_with(kLost), "%s", said.c_str());
        ck_assert(said.find("2 OK") == std::string::npos);
    }
    {  // Behind the answer's lines, before its end, in a command that changes something.
        World w;
        w.server("be1", kSelect + Steps{expect("$T STORE 1 FLAGS ()"),
                                        send("* 1 FETCH (FLAGS ())\r\n"), hang_up()});
        ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\n1 STORE 1 FLAGS ()\r\n"),
                       kSelectAnswer + "* 1 FETCH (FLAGS ())\r\n" + kLost);
    }
    {  // BYE instead of an answer, at a server that is not selected.
        World w;
        w.server("be2", {expect("$T STATUS \"INBOX.two\" (UNSEEN)"), send("* BYE timeout\r\n"),
                         hang_up()});
        ASSERT_EQ_TEXT(w.talk("1 STATUS INBOX.two (UNSEEN)\r\n"), "1" + kUnavailable);
    }
    {  // A tagged line of somebody else.
        World w;
        w.server("be2", {expect("$T STATUS \"INBOX.two\" (UNSEEN)"), send("1 OK forged\r\n"),
                         expect_end()});
        ASSERT_EQ_TEXT(w.talk("1 STATUS INBOX.two (UNSEEN)\r\n"), "1" + kUnavailable);
    }
}
END_TEST

START_TEST(a_server_may_die_within_the_clients_literal)
{
    const std::string body(60000, 'x');
    const std::string two = "2 STATUS INBOX.one (UNSEEN)\r\n";
    for (const char* plus : {"", "+"}) {
        World w;
        auto& one = w.server("be1", {expect("$T STATUS \"INBOX.one\" (UNSEEN)"),
                                     send("$T OK fine\r\n"), expect("Q01 LOGOUT")});
        w.server("be2", {expect("$T LOCALAPPEND \"INBOX.two\" \"\" {60000}"), send("+ go\r\n"),
                         expect_bytes("xxxxx"), hang_up()});
        std::string said =
            w.talk(cat("1 APPEND INBOX.two {60000", plus, "}\r\n", body, "\r\n", two));
        std::string go = *plus == '\0' ? "+ go ahead\r\n" : "";
        ASSERT_EQ_TEXT(said, go + "1" + kUnavailable + "2 OK fine\r\n");
        ck_assert(one.finished_well());
    }
    World w;
    w.server("be2", {expect("$T LOCALAPPEND \"INBOX.two\" \"\" {9000000}"), hang_up()});
    std::string said = w.talk("1 APPEND INBOX.two {9000000+}\r\nabc");
    ASSERT_EQ_TEXT(said, kLost);
}
END_TEST

START_TEST(a_client_that_dies_within_its_literal_leaves_nothing)
{
    World w;
    auto& be = w.server("be1", {expect("$T LOCALAPPEND \"INBOX\" \"\" {50000}"), send("+ go\r\n"),
                                expect_bytes(std::string(16384, 'x')), expect_end()});
    (void)w.talk(cat("1 APPEND INBOX {50000}\r\n", std::string(16384, 'x')));
    ck_assert(be.finished_well());
}
END_TEST

START_TEST(a_slow_server_is_given_up)
{
    World w;
    w.timeout = Milliseconds(300);
    w.server("be1", {expect("$T STATUS \"INBOX\" (UNSEEN)"), expect_end()});
    auto began = monotonic_now();
    ASSERT_EQ_TEXT(w.talk("1 STATUS INBOX (UNSEEN)\r\n"), "1" + kUnavailable);
    ck_assert(monotonic_now() - began < Seconds(4));
}
END_TEST

// A server that one may log in to, and what it says then.
Steps login(const Steps& then)
{
    std::string plain("bob\0proxy\0secret", 16);
    return Steps{send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi\r\n"),
                 expect(cat("$T AUTHENTICATE PLAIN ", text::base64_encode(plain))),
                 send("$T OK [CAPABILITY IMAP4rev1 LITERAL+ IDLE UNSELECT UIDPLUS] in\r\n")} +
           then;
}

std::string after_a_lost_connection(const std::string& commands, const Steps& before,
                                    const std::string& selected, const Steps& after)
{
    World w;
    ScriptedPeer second(login(
        Steps{expect("$T SELECT \"INBOX\""), send(selected + "$T OK [READ-WRITE] x\r\n")} + after));
    std::string name = cat("127.0.0.1:", second.port());
    ASSERT_OK(w.list.put(entry("user.bob", name)));
    w.server(name, kSelect + before + Steps{hang_up()});
    return w.talk(commands);
}

START_TEST(a_lost_connection_is_replaced_where_nobody_can_tell)
{
    Steps fetch = {expect("$T FETCH 1 FLAGS"), send("* 1 FETCH (FLAGS ())\r\n$T OK a\r\n")};
    Steps again = {expect("$T FETCH 2 FLAGS"), send("* 2 FETCH (FLAGS ())\r\n$T OK b\r\n")};
    const std::string both = "s SELECT INBOX\r\n1 FETCH 1 FLAGS\r\n2 FETCH 2 FLAGS\r\n";
    const std::string first = kSelectAnswer + "* 1 FETCH (FLAGS ())\r\n1 OK a\r\n";
    ASSERT_EQ_TEXT(after_a_lost_connection(both, fetch, kSelected, again),
                   first + "* 2 FETCH (FLAGS ())\r\n2 OK b\r\n");
    // A message came in between, or another mailbox has the name.
    ASSERT_EQ_TEXT(
        after_a_lost_connection(
            both, fetch, "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 10] x\r\n", {}),
        first + kLost);
    ASSERT_EQ_TEXT(
        after_a_lost_connection(
            both, fetch, "* 2 EXISTS\r\n* OK [UIDVALIDITY 8] x\r\n* OK [UIDNEXT 9] x\r\n", {}),
        first + kLost);
    ASSERT_EQ_TEXT(
        after_a_lost_connection(
            both, fetch, "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n", {}),
        first + kLost);
    ASSERT_EQ_TEXT(after_a_lost_connection(both, fetch, kSelected + "* 1 EXPUNGE\r\n", again),
                   first + kLost);
    // Something was changed, or told, since SELECT.
    Steps store = {expect("$T STORE 1 FLAGS ()"), send("$T OK a\r\n")};
    ASSERT_EQ_TEXT(
        after_a_lost_connection("s SELECT INBOX\r\n1 STORE 1 FLAGS ()\r\n2 FETCH 2 FLAGS\r\n",
                                store, kSelected, again),
        kSelectAnswer + "1 OK a\r\n" + kLost);
    // "$" would be another's, or nothing.
    Steps saved = {expect("$T SEARCH RETURN (MIN save) ALL"), send("$T OK a\r\n")};
    ASSERT_EQ_TEXT(after_a_lost_connection(
                       "s SELECT INBOX\r\n1 SEARCH RETURN (MIN save) ALL\r\n2 FETCH 2 FLAGS\r\n",
                       saved, kSelected, again),
                   kSelectAnswer + "1 OK a\r\n" + kLost);
    // Nor would another connection tell how the results change.
    Steps followed = {expect("$T SEARCH RETURN (UPDATE) ALL"), send("$T OK a\r\n")};
    ASSERT_EQ_TEXT(after_a_lost_connection(
                       "s SELECT INBOX\r\n1 SEARCH RETURN (UPDATE) ALL\r\n2 FETCH 2 FLAGS\r\n",
                       followed, kSelected, again),
                   kSelectAnswer + "1 OK a\r\n" + kLost);
    Steps unsaved = {expect("$T SEARCH RETURN (MIN) SAVE"), send("$T OK a\r\n")};
    ASSERT_EQ_TEXT(after_a_lost_connection(
                       "s SELECT INBOX\r\n1 SEARCH RETURN (MIN) SAVE\r\n2 FETCH 2 FLAGS\r\n",
                       unsaved, kSelected, again),
                   kSelectAnswer + "1 OK a\r\n* 2 FETCH (FLAGS ())\r\n2 OK b\r\n");
    Steps told = {expect("$T FETCH 1 FLAGS"),
                  send("* 3 EXISTS\r\n* 1 FETCH (FLAGS ())\r\n$T OK a\r\n")};
    ASSERT_EQ_TEXT(after_a_lost_connection(both, told, kSelected, again),
                   kSelectAnswer + "* 3 EXISTS\r\n* 1 FETCH (FLAGS ())\r\n1 OK a\r\n" + kLost);
}
END_TEST

START_TEST(expunge_waits_for_a_command_that_may_carry_it)
{
    World w;
    auto& be = w.server("be1", kSelect +
                                   Steps{send("* OK [ALERT] news\r\n* 2 FETCH (FLAGS "
                                              "(\\Seen))\r\n* 1 EXPUNGE\r\n* 5 EXISTS\r\n"),
                                         expect("$T NOOP"), send("* 6 EXISTS\r\n$T OK done\r\n"),
                                         expect("$T FETCH 5 FLAGS"), send("$T OK done\r\n")} +
                                   kLogout);
    ck_assert(w.talk_with(
        {skip_line(), send("s SELECT INBOX\r\n"), expect_bytes(kSelectAnswer),
         // Without any command: what may be told is told.
         expect("* OK [ALERT] news"), expect("* 2 FETCH (FLAGS (\\Seen))"),
         send("1 FETCH 1 FLAGS\r\n"),
         expect("1 NO [EXPUNGEISSUED] Messages are gone; ask what changed first (NOOP)"),
         send("2 COPY 1 INBOX\r\n"),
         expect("2 NO [EXPUNGEISSUED] Messages are gone; ask what changed first (NOOP)"),
         send("3 NOOP\r\n"), expect("* 1 EXPUNGE"), expect("* 5 EXISTS"), expect("* 6 EXISTS"),
         expect("3 OK Completed"), send("4 FETCH 5 FLAGS\r\n"), expect("4 OK done")}));
    ck_assert(be.finished_well());
}
END_TEST

START_TEST(idle_passes_on_what_comes)
{
    World w;
    auto& be = w.server(
        "be1", kSelect +
                   Steps{expect("$T IDLE"), send("+ idling\r\n"), send("* 3 EXISTS\r\n"),
                         expect("DONE"), send("* 1 EXPUNGE\r\n$T OK done\r\n"), expect("$T IDLE"),
                         send("+ idling\r\n"), expect("DONE"), send("$T OK done\r\n")} +
                   kLogout);
    ck_assert(
        w.talk_with({skip_line(), send("s SELECT INBOX\r\n"), expect_bytes(kSelectAnswer),
                     send("1 IDLE\r\n"), expect("+ idling"), expect("* 3 EXISTS"), send("done\r\n"),
                     expect("* 1 EXPUNGE"), expect("1 OK Completed"), send("2 IDLE\r\n"),
                     expect("+ idling"), send("3 NOOP\r\n"), expect("2 BAD Expected DONE")}));
    ck_assert(be.finished_well());
}
END_TEST

START_TEST(the_selection_moves_between_servers)
{
    World w;
    auto& one = w.server("be1", kSelect + Steps{expect("$T UNSELECT"), send("$T OK done\r\n"),
                                                expect("Q01 LOGOUT")});
    auto& two = w.server("be2", {expect("$T EXAMINE \"INBOX.two\" (CONDSTORE)"),
                                 send("* 1 EXISTS\r\n$T OK [READ-ONLY] x\r\n"), expect("$T CLOSE"),
                                 send("$T OK closed\r\n"), expect("Q01 LOGOUT")});
    ASSERT_EQ_TEXT(
        w.talk(
            "s SELECT INBOX\r\n1 EXAMINE INBOX.two (CONDSTORE)\r\n2 CLOSE\r\n3 FETCH 1 FLAGS\r\n"),
        kSelectAnswer + "* OK [CLOSED] Ok\r\n* 1 EXISTS\r\n1 OK [READ-ONLY] x\r\n2 OK closed\r\n"
                        "3 BAD Please select a mailbox first\r\n");
    ck_assert(one.finished_well() && two.finished_well());
}
END_TEST

// What servers answer to a second SELECT, when INBOX at be1 is selected.
struct SecondSelect {
    const char* mailbox;        // "INBOX.two" is at be2
    const char* one;            // be1's answer; "" = is not asked, or only to UNSELECT
    const char* two;            // be2's; "" = is not asked
    const char* heard;          // by the client
    const char* after = "BAD";  // to FETCH: BAD = nothing is selected, be1, be2 = there
};

void check_second_select(const SecondSelect& c)
{
    World w;
    const std::string select = cat("$T SELECT \"", c.mailbox, '"');
    const bool goes_to_two = *c.two != '\0';
    const std::string after = c.after;
    const auto fetch = [&](const char* server) {
        return after == server ? Steps{expect("$T FETCH 1 FLAGS"), send("$T OK there\r\n")}
                               : Steps{};
    };
    Steps at_one;
    if (*c.one != '\0') at_one = {expect(select), send(c.one)};
    const bool left = *c.one == '\0' && after != "be1";
    if (left) at_one = {expect("$T UNSELECT"), send("$T OK x\r\n")};
    auto& one = w.server("be1", kSelect + at_one + fetch("be1") + kLogout);
    auto& two = w.server("be2", (goes_to_two ? Steps{expect(select), send(c.two)} : Steps{}) +
                                    fetch("be2") + (goes_to_two ? kLogout : Steps{}));
    const std::string said =
        w.talk(cat("s SELECT INBOX\r\n1 SELECT ", c.mailbox, "\r\n2 FETCH 1 FLAGS\r\n"));
    const std::string fetched =
        after == "BAD" ? "2 BAD Please select a mailbox first\r\n" : "2 OK there\r\n";
    ASSERT_EQ_TEXT(said, cat(kSelectAnswer, c.heard, fetched));
    ck_assert_msg(one.finished_well(), "be1 after %s", c.heard);
    if (goes_to_two) ck_assert_msg(two.finished_well(), "be2 after %s", c.heard);
}

START_TEST(what_was_selected_is_left_by_ok_and_no_and_told_once)
{
    const SecondSelect cases[] = {
        // At the same server, which tells [CLOSED] or does not.
        {"INBOX.one", "* OK [CLOSED] x\r\n* 1 EXISTS\r\n$T OK x\r\n", "",
         "* OK [CLOSED] Ok\r\n* 1 EXISTS\r\n1 OK x\r\n", "be1"},
        {"INBOX.one", "* 1 EXISTS\r\n$T OK x\r\n", "",
         "* OK [CLOSED] Ok\r\n* 1 EXISTS\r\n1 OK x\r\n", "be1"},
        {"INBOX.one", "$T OK x\r\n", "", "* OK [CLOSED] Ok\r\n1 OK x\r\n", "be1"},
        {"INBOX.one", "* OK [CLOSED] x\r\n$T NO no\r\n", "", "* OK [CLOSED] Ok\r\n1 NO no\r\n"},
        {"INBOX.one", "$T NO no\r\n", "", "* OK [CLOSED] Ok\r\n1 NO no\r\n"},
        {"INBOX.one", "$T BAD what\r\n", "", "1 BAD what\r\n", "be1"},
        // What comes first is of the mailbox that is left.
        {"INBOX.one", "* OK [ALERT] a\r\n* 2 EXPUNGE\r\n* 1 EXISTS\r\n$T OK x\r\n", "",
         "* OK [ALERT] a\r\n* 2 EXPUNGE\r\n* OK [CLOSED] Ok\r\n* 1 EXISTS\r\n1 OK x\r\n", "be1"},
        {"INBOX.one", "* 2 EXPUNGE\r\n$T BAD what\r\n", "", "* 2 EXPUNGE\r\n1 BAD what\r\n", "be1"},
        // At another one.
        {"INBOX.two", "", "* 1 EXISTS\r\n$T OK x\r\n",
         "* OK [CLOSED] Ok\r\n* 1 EXISTS\r\n1 OK x\r\n", "be2"},
        {"INBOX.two", "", "$T OK x\r\n", "* OK [CLOSED] Ok\r\n1 OK x\r\n", "be2"},
        {"INBOX.two", "", "$T NO no\r\n", "* OK [CLOSED] Ok\r\n1 NO no\r\n"},
        {"INBOX.two", "", "$T BAD what\r\n", "1 BAD what\r\n", "be1"},
        // Nobody is asked.
        {"INBOX.none", "", "", "* OK [CLOSED] Ok\r\n1 NO [NONEXISTENT] Mailbox does not exist\r\n"},
        {"{1+}\r\n\x7f", "", "", "* OK [CLOSED] Ok\r\n1 NO [CANNOT] Invalid mailbox name\r\n"},
        {"INBOX.two (X)", "", "", "1 BAD Unknown SELECT parameter X\r\n", "be1"},
        {"INBOX.two (CONDSTORE", "", "", "1 BAD Missing required argument\r\n", "be1"},
        {"INBOX.none (X)", "", "", "1 BAD Unknown SELECT parameter X\r\n", "be1"},
        {"INBOX.none (QRESYNC (1 2))", "", "", "1 BAD QRESYNC is not enabled\r\n", "be1"},
    };
    for (const SecondSelect& c : cases) check_second_select(c);
}
END_TEST

START_TEST(a_select_at_a_server_that_is_gone_leaves_nothing_selected)
{
    {  // The server of both is lost before it answers: there is nothing to say BYE for.
        World w;
        w.server("be1", kSelect + Steps{expect("$T SELECT \"INBOX.one\""), hang_up()});
        ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\n1 SELECT INBOX.one\r\n2 FETCH 1 FLAGS\r\n"),
                       cat(kSelectAnswer, "* OK [CLOSED] Ok\r\n1", kUnavailable,
                           "2 BAD Please select a mailbox first\r\n"));
    }
    {  // It was lost before, and another connection is not to be had.
        World w;
        w.server("be1", kSelect + Steps{hang_up()});
        ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\n1 SELECT INBOX.two\r\n2 FETCH 1 FLAGS\r\n"),
                       cat(kSelectAnswer, "* OK [CLOSED] Ok\r\n1", kUnavailable,
                           "2 BAD Please select a mailbox first\r\n"));
    }
}
END_TEST

// Where the relay itself asks the server of the selected mailbox, for another command's sake.
START_TEST(what_a_command_of_ours_did_not_ask_for_reaches_the_client)
{
    const std::string news =
        "* 1 EXPUNGE\r\n* 5 EXISTS\r\n* OK [ALERT] a\r\n* 2 FETCH (FLAGS ())\r\n* VANISHED 3\r\n";
    const struct {
        const char* says;
        const char* ours;    // what the relay asks
        const char* answer;  // which it takes
        Steps more;
        const char* told;  // behind the news
    } cases[] = {
        {"1 ENABLE CONDSTORE", "$T ENABLE CONDSTORE", "* ENABLED CONDSTORE\r\n", {}, ""},
        {"1 LIST (SUBSCRIBED) \"\" user.none",
         "$T LSUB \"\" \"*\"",
         "* LSUB () \".\" user.bob\r\n",
         {},
         ""},
        {"1 LSUB \"\" *", "$T LSUB \"\" \"*\"", "", {}, ""},
        {"1 LIST \"\" INBOX.one RETURN (SPECIAL-USE)",
         "$T LIST (SPECIAL-USE) \"\" (\"INBOX.one\")",
         "* LIST (\\Sent) \".\" INBOX.one\r\n",
         {},
         "* LIST (\\HasNoChildren \\Sent) \".\" INBOX.one\r\n"},
        {"1 CREATE new",
         "$T GETMETADATA \"\" (/shared/vendor/cmu/cyrus-imapd/freespace/total)",
         "* METADATA \"\" (/shared/vendor/cmu/cyrus-imapd/freespace/total \"9;10\")\r\n",
         {expect("$T CREATE \"new\""), send("$T OK x\r\n")},
         ""},
        {"1 NOOP", "$T NOOP", "", {}, ""},
        {"1 STATUS user.bob.one (UNSEEN)", "$T STATUS \"user.bob.one\" (UNSEEN)", "", {}, ""},
    };
    for (const auto& c : cases) {
        World w("", "freespace-most");
        w.admin = true;
        std::vector<std::string> can = kCapabilities;
        for (const char* more : {"ENABLE", "METADATA", "SPECIAL-USE"}) can.emplace_back(more);
        Steps select = {expect("$T SELECT \"user.bob\""), send("$T OK x\r\n")};
        auto& be =
            w.server("be1",
                     select + Steps{expect(c.ours), send(cat(news, c.answer, "$T OK x\r\n"))} +
                         c.more + kLogout,
                     can);
        w.server("be2", {}, {"IMAP4REV1"});
        const std::string said = w.talk(cat("s SELECT user.bob\r\n", c.says, "\r\n"));
        ck_assert_msg(said.find(cat(news, c.told)) != std::string::npos, "%s: %s", c.says,
                      said.c_str());
        ck_assert_msg(said.find("\r\n1 OK ") != std::string::npos, "%s: %s", c.says, said.c_str());
        ck_assert_msg(be.finished_well(), "%s", c.says);
    }
}
END_TEST

START_TEST(what_a_server_says_goes_behind_what_is_held)
{
    const std::string held = "* 2 EXPUNGE\r\n* 1 FETCH (FLAGS ())\r\n";
    for (const char* says :
         {"STATUS INBOX.one (UNSEEN)", "APPEND INBOX.one {1+}\r\nx", "UID FETCH 1 FLAGS", "CHECK",
          "NOOP", "LSUB \"\" *", "ENABLE CONDSTORE", "UID COPY 1 INBOX", "EXPUNGE",
          "DELETE INBOX.one", "CLOSE", "SUBSCRIBE INBOX", "GETACL INBOX"}) {
        World w;
        std::vector<std::string> can = kCapabilities;
        can.emplace_back("ENABLE");
        Steps request = {skip_command()};
        if (strstr(says, "APPEND") != nullptr) request.push_back(expect_bytes("x\r\n"));
        auto& be = w.server("be1",
                            kSelect + Steps{send("* OK held\r\n" + held)} + request +
                                Steps{send("* 3 EXISTS\r\n$T OK done\r\n")} + kLogout,
                            can);
        // What the server says by itself comes at once: when its first line is told, all is here.
        const bool well = w.talk_with(
            {skip_line(), send("s SELECT INBOX\r\n"), expect_bytes(kSelectAnswer),
             expect("* OK held"), send(cat("1 ", says, "\r\n")), expect_bytes(held),
             expect_bytes(equal_nocase(says, "ENABLE CONDSTORE") ? "* ENABLED CONDSTORE\r\n" : ""),
             expect_bytes("* 3 EXISTS\r\n1 OK ")});
        ck_assert_msg(well, "%s", says);
        ck_assert_msg(be.finished_well(), "%s", says);
    }
}
END_TEST

START_TEST(what_a_server_says_of_a_mailbox_that_is_not_selected_there_is_nobodys)
{
    World w;
    w.server("be1", kSelect + kLogout);
    auto& two = w.server(
        "be2", {expect("$T STATUS \"INBOX.two\" (UNSEEN)"),
                send("* 1 EXPUNGE\r\n* 9 EXISTS\r\n* OK [ALERT] a\r\n* 1 FETCH (BODY[] {3}\r\nabc)"
                     "\r\n* FLAGS ()\r\n* STATUS INBOX.two (UNSEEN 0)\r\n$T OK x\r\n")});
    ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\n1 STATUS INBOX.two (UNSEEN)\r\n"),
                   kSelectAnswer + "* OK [ALERT] a\r\n* STATUS INBOX.two (UNSEEN 0)\r\n1 OK x\r\n");
    ck_assert(two.finished_well());
}
END_TEST

START_TEST(a_mailbox_that_is_not_there_is_never_said_not_to_exist)
{
    Steps refuses = {expect("$T STATUS \"INBOX.one\" (UNSEEN)"),
                     send("$T NO Mailbox does not exist\r\n")};
    {
        World w;
        w.server("be1", refuses + Steps{expect("Q01 LOGOUT")});
        std::string said = w.talk("1 STATUS INBOX.one (UNSEEN)\r\n");
        ck_assert_msg(said.starts_with("1 NO [UNAVAILABLE] "), "%s", said.c_str());
        ck_assert(w.list.asked == 1);
    }
    {  // It has moved, as the list learns now.
        World w;
        w.list.late.push_back(entry("user.bob.one", "be2"));
        w.server("be1", refuses);
        w.server("be2", {expect("$T STATUS \"INBOX.one\" (UNSEEN)"),
                         send("* STATUS INBOX.one (UNSEEN 0)\r\n$T OK x\r\n")});
        ASSERT_EQ_TEXT(w.talk("1 STATUS INBOX.one (UNSEEN)\r\n"),
                       "* STATUS INBOX.one (UNSEEN 0)\r\n1 OK x\r\n");
    }
    {  // Who may not see it is told what the server says.
        World w;
        ASSERT_OK(w.list.put(entry("user.joe", "be1", "joe\tlr\t")));
        w.server("be1", {expect("$T STATUS \"user.joe\" (UNSEEN)"),
                         send("$T NO [NONEXISTENT] Mailbox does not exist\r\n")});
        ASSERT_EQ_TEXT(w.talk("1 STATUS user.joe (UNSEEN)\r\n"),
                       "1 NO [NONEXISTENT] Mailbox does not exist\r\n");
    }
    {  // Missing in the list: asked for once more; temporary if nobody can say.
        World w;
        ASSERT_EQ_TEXT(w.talk("1 STATUS INBOX.none (UNSEEN)\r\n"),
                       "1 NO [NONEXISTENT] Mailbox does not exist\r\n");
        w.list.behind = true;
        ck_assert(w.talk("1 STATUS INBOX.none (UNSEEN)\r\n").starts_with("1 NO [UNAVAILABLE] "));
        w.list.behind = false;
        w.list.late.push_back(entry("user.bob.none", "be1"));
        w.server("be1", {expect("$T STATUS \"INBOX.none\" (UNSEEN)"), send("$T OK x\r\n")});
        ASSERT_EQ_TEXT(w.talk("1 STATUS INBOX.none (UNSEEN)\r\n"), "1 OK x\r\n");
    }
}
END_TEST

// What is asked of a mailbox at its new server, before the client's command, may tell EXPUNGE: of a
// command that takes numbers they are other ones then.
START_TEST(an_expunge_behind_a_move_waits)
{
    const std::vector<std::string> capabilities = {"IMAP4REV1", "ESEARCH",   "SEARCHRES",
                                                   "CONDSTORE", "LITERAL+", "UNSELECT"};
    const std::string selected = kSelected + "* OK [HIGHESTMODSEQ 5] x\r\n";
    World w;
    w.list.late.push_back(entry("user.bob", "be2"));
    w.server("be1",
             Steps{expect("$T SELECT \"INBOX\""), send(selected + "$T OK [READ-WRITE] done\r\n"),
                   expect("$T SEARCH RETURN (SAVE) 1"), send("$T OK a\r\n"),
                   expect("$T STORE 2 +FLAGS (\\Deleted)"),
                   send("* OK [XROOKERY-VIEW 3,8] x\r\n* OK [XROOKERY-SAVED 3] x\r\n"
                        "* BYE [XROOKERY-MOVED 7 9 5 2] x\r\n"),
                   hang_up()},
             capabilities);
    auto& be = w.server(
        "be2",
        Steps{expect("$T SELECT \"INBOX\""), send(selected + "$T OK [READ-WRITE] done\r\n"),
              expect("$T UID SEARCH RETURN (SAVE) UID 3"),
              send("* 1 EXPUNGE\r\n* 1 EXISTS\r\n$T OK b\r\n"), expect("$T NOOP"),
              send("$T OK c\r\n"), expect("$T STORE 1 +FLAGS (\\Deleted)"),
              send("* 1 FETCH (FLAGS (\\Deleted))\r\n$T OK d\r\n")} +
            kLogout,
        capabilities);
    ASSERT_EQ_TEXT(
        w.talk("s SELECT INBOX\r\n1 SEARCH RETURN (SAVE) 1\r\n2 STORE 2 +FLAGS (\\Deleted)\r\n"
               "3 NOOP\r\n4 STORE 1 +FLAGS (\\Deleted)\r\n"),
        selected + "s OK [READ-WRITE] done\r\n1 OK a\r\n"
                   "2 NO [EXPUNGEISSUED] Messages are gone; ask what changed first (NOOP)\r\n"
                   "* 1 EXPUNGE\r\n* 1 EXISTS\r\n3 OK Completed\r\n"
                   "* 1 FETCH (FLAGS (\\Deleted))\r\n4 OK d\r\n");
    ck_assert(be.finished_well());
}
END_TEST

// A server that moves a mailbox away refuses what would change it before the list knows of the
// move; nothing was done.
const std::string kMoving = "$T NO [UNAVAILABLE] Mailbox has been moved to another server\r\n";

START_TEST(what_a_move_refuses_is_said_again)
{
    {  // By name; it stays in the end.
        World w;
        auto& be = w.server("be1", {expect("$T SETACL \"INBOX.one\" joe lrs"), send(kMoving),
                                    expect("$T SETACL \"INBOX.one\" joe lrs"), send(kMoving),
                                    expect("$T SETACL \"INBOX.one\" joe lrs"), send("$T OK a\r\n"),
                                    expect("Q01 LOGOUT")});
        ASSERT_EQ_TEXT(w.talk("1 SETACL INBOX.one joe lrs\r\n"), "1 OK a\r\n");
        ck_assert(be.finished_well());
    }
    {  // The list has it at the new server after a while.
        World w;
        w.list.late.push_back(entry("user.bob.one", "be2"));
        w.list.late_from = 2;
        w.server("be1",
                 {expect("$T SETACL \"INBOX.one\" joe lrs"), send(kMoving),
                  expect("$T SETACL \"INBOX.one\" joe lrs"), send(kMoving), expect("Q01 LOGOUT")});
        auto& be2 = w.server("be2", {expect("$T SETACL \"INBOX.one\" joe lrs"), send("$T OK b\r\n"),
                                     expect("Q01 LOGOUT")});
        ASSERT_EQ_TEXT(w.talk("1 SETACL INBOX.one joe lrs\r\n"), "1 OK b\r\n");
        ck_assert(be2.finished_well());
    }
    {  // What is selected there.
        World w;
        auto& be =
            w.server("be1", kSelect +
                                Steps{expect("$T STORE 1 +FLAGS (\\Seen)"), send(kMoving),
                                      expect("$T STORE 1 +FLAGS (\\Seen)"),
                                      send("* 1 FETCH (FLAGS (\\Seen))\r\n$T OK c\r\n"),
                                      expect("$T UID COPY 1 \"INBOX.one\""), send(kMoving),
                                      expect("$T UID COPY 1 \"INBOX.one\""), send("$T OK d\r\n")} +
                                kLogout);
        ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\n1 STORE 1 +FLAGS (\\Seen)\r\n2 UID COPY 1 "
                              "INBOX.one\r\n"),
                       kSelectAnswer + "* 1 FETCH (FLAGS (\\Seen))\r\n1 OK c\r\n2 OK d\r\n");
        ck_assert(be.finished_well());
    }
    {  // Not by numbers that mean another message meanwhile.
        World w;
        auto& be = w.server(
            "be1", kSelect + Steps{expect("$T STORE 1 +FLAGS (\\Seen)"),
                                   send(kMoving + "* 1 EXPUNGE\r\n"), expect("Q01 LOGOUT")});
        const std::string said = w.talk("s SELECT INBOX\r\n1 STORE 1 +FLAGS (\\Seen)\r\n");
        ck_assert_msg(said.starts_with(kSelectAnswer + "1 NO [EXPUNGEISSUED] "), "%s",
                      said.c_str());
        (void)be;
    }
}
END_TEST

START_TEST(a_message_for_a_mailbox_that_moves_waits_with_its_client)
{
    for (const char* plus : {"", "+"}) {
        for (size_t size : {size_t{5}, size_t{5000}}) {
            World w;
            w.list.late.push_back(entry("user.bob.one", "be2"));
            w.list.late_from = 2;
            const std::string body(size, 'x');
            const bool large = size > 4096;
            const Steps line = {
                expect(cat("$T LOCALAPPEND \"INBOX.one\" \"\" {", size, large ? "}" : "+}"))};
            const Steps message = {expect_bytes(body + "\r\n")};
            const Steps refused = line + (large ? Steps{} : message) + Steps{send(kMoving)};
            w.server("be1", refused + refused + Steps{expect("Q01 LOGOUT")});
            auto& be2 = w.server(
                "be2", line + (large ? Steps{send("+ go\r\n")} : Steps{}) + message +
                           Steps{send("$T OK [APPENDUID 1 2] a\r\n"), expect("Q01 LOGOUT")});
            ASSERT_EQ_TEXT(
                w.talk(cat("1 APPEND INBOX.one {", size, plus, "}\r\n", body, "\r\n")),
                cat(*plus == '\0' ? "+ go ahead\r\n" : "", "1 OK [APPENDUID 1 2] a\r\n"));
            ck_assert(be2.finished_well());
        }
    }
}
END_TEST

// Two messages: the first taken before the mailbox began to move, the second refused; and both when
// they had been taken.
START_TEST(messages_that_a_server_took_before_a_move_are_said_again)
{
    for (size_t size : {size_t{5000}, size_t{100000}}) {
        World w;
        w.list.late.push_back(entry("user.bob.one", "be2"));
        w.list.late_from = 3;
        const std::string first(size, 'x');
        const std::string second(4097, 'y');
        const Steps line = {expect(cat("$T LOCALAPPEND \"INBOX.one\" \"\" {", size, "}"))};
        const Steps between = {send("+ go\r\n"), expect_bytes(first), expect(" {4097}")};
        const Steps whole = line + between + Steps{send("+ go\r\n"), expect_bytes(second + "\r\n")};
        w.server("be1", line + between + Steps{send(kMoving)} + whole + Steps{send(kMoving)} +
                            line + Steps{send(kMoving), expect("Q01 LOGOUT")});
        auto& be2 = w.server(
            "be2", whole + Steps{send("$T OK [APPENDUID 1 2:3] a\r\n"), expect("Q01 LOGOUT")});
        ASSERT_EQ_TEXT(w.talk(cat("1 APPEND INBOX.one {", size, "}\r\n", first, " {4097}\r\n",
                                  second, "\r\n")),
                       "+ go ahead\r\n+ go ahead\r\n1 OK [APPENDUID 1 2:3] a\r\n");
        ck_assert(be2.finished_well());
    }
}
END_TEST

START_TEST(changes_of_the_namespace_are_known_at_once)
{
    World w;
    auto& be =
        w.server("be1", {expect("$T CREATE \"INBOX.new\""), send("$T OK done\r\n"),
                         expect("$T SETACL \"INBOX.one\" joe lrs"), send("$T OK done\r\n"),
                         expect("$T RENAME \"INBOX.one\" \"INBOX.uno\""), send("$T OK done\r\n"),
                         expect("$T DELETE \"INBOX.one\""), send("$T NO no\r\n"),
                         expect("$T CREATE \"INBOX.use\" (USE (\\Sent))"), send("$T OK done\r\n"),
                         expect("Q01 LOGOUT")});
    ASSERT_EQ_TEXT(
        w.talk(
            "1 CREATE INBOX.new\r\n2 SETACL INBOX.one joe lrs\r\n3 RENAME INBOX.one INBOX.uno\r\n"
            "4 DELETE INBOX.one\r\n5 CREATE INBOX.use (USE (\\Sent))\r\n6 CREATE INBOX.x "
            "default\r\n"
            "7 RENAME INBOX.one INBOX.uno be2!default\r\n8 CREATE INBOX.one\r\n9 RENAME "
            "INBOX.one\r\n"),
        "1 OK done\r\n2 OK done\r\n3 OK done\r\n4 NO no\r\n5 OK done\r\n6 NO [NOPERM] Permission "
        "denied\r\n"
        "7 NO [NOPERM] Permission denied\r\n8 NO [ALREADYEXISTS] Mailbox already exists\r\n"
        "9 BAD Missing required argument\r\n");
    ck_assert(w.list.asked == 4);
    ck_assert(be.finished_well());
}
END_TEST

START_TEST(an_administrator_chooses_the_server)
{
    World w;
    w.admin = true;
    auto& one = w.server("be1", {expect("$T CREATE \"user.new\" ssd"), send("$T OK done\r\n"),
                                 expect("$T RENAME \"user.bob\" \"user.bob\" ssd"),
                                 send("$T OK done\r\n"), expect("$T XFER \"user.bob\" \"be2\" ssd"),
                                 send("* OK USER bob\r\n$T OK moved\r\n"), expect("Q01 LOGOUT")});
    auto& two = w.server("be2", {expect("$T CREATE \"user.other\""), send("$T OK done\r\n"),
                                 expect("$T CREATE \"user.bob.x\" ssd"), send("$T OK done\r\n"),
                                 expect("Q01 LOGOUT")});
    w.list.late = {entry("user.bob", "be2"), entry("user.bob.one", "be2")};
    w.list.late_from = 4;
    ASSERT_EQ_TEXT(
        w.talk("1 CREATE user.new be1!ssd\r\n2 CREATE user.other be2\r\n3 RENAME user.bob user.bob "
               "be1!ssd\r\n"
               "4 RENAME user.bob user.bob be2!ssd\r\n5 CREATE user.bob.x ssd\r\n"),
        "1 OK done\r\n2 OK done\r\n3 OK done\r\n"
        "* OK USER bob\r\n4 OK moved\r\n5 OK done\r\n");
    ck_assert(one.finished_well() && two.finished_well());
}
END_TEST

// Cyrus says OK of a user that it could not move, and others may be wrong: the list counts.
START_TEST(a_move_is_done_when_the_list_has_it_there)
{
    const std::string no = "* NO USER bob (Disk (or so) is full)\r\n";
    const std::string ok = "* OK USER bob\r\n";
    const auto all = {entry("user.bob", "be2"), entry("user.bob.one", "be2")};
    const std::string elsewhere = "NO [UNAVAILABLE] The mupdate master does not place ";
    struct {
        std::string says;
        std::vector<model::MailboxEntry> late;
        bool behind;
        std::string xfer, rename;  // what the client reads
    } rows[] = {
        {ok + "$T OK Completed\r\n", all, false, ok + "1 OK Completed\r\n",
         ok + "1 OK Completed\r\n"},
        {"$T OK Completed\r\n", all, false, ok + "1 OK Completed\r\n", "1 OK Completed\r\n"},
        {no + "$T OK Completed\r\n",
         {},
         false,
         no + "1 NO Disk (or so) is full\r\n",
         no + "1 NO Disk (or so) is full\r\n"},
        {ok + "$T OK Completed\r\n",
         {},
         false,
         "* NO USER bob ([UNAVAILABLE] The mupdate master does not place user.bob at be2)\r\n1 " +
             elsewhere + "user.bob at be2\r\n",
         "1 " + elsewhere + "user.bob at be2\r\n"},
        // A part of the tree.
        {"$T OK Completed\r\n",
         {entry("user.bob", "be2")},
         false,
         "* NO USER bob ([UNAVAILABLE] The mupdate master does not place user.bob.one at "
         "be2)\r\n1 " +
             elsewhere + "user.bob.one at be2\r\n",
         "1 " + elsewhere + "user.bob.one at be2\r\n"},
        {"$T OK Completed\r\n",
         {entry("user.bob", "be2"), entry("user.bob.one", "be2"), entry("user.bob.new", "be1")},
         false,
         "* NO USER bob ([UNAVAILABLE] The mupdate master does not place user.bob.new at "
         "be2)\r\n1 " +
             elsewhere + "user.bob.new at be2\r\n",
         "1 " + elsewhere + "user.bob.new at be2\r\n"},
        // Who cannot know does not say OK.
        {no + "$T OK Completed\r\n",
         {},
         true,
         no + "1 NO Disk (or so) is full\r\n",
         no + "1 NO Disk (or so) is full\r\n"},
        {"$T OK Completed\r\n", all, true,
         "* NO USER bob ([UNAVAILABLE] The mailbox list cannot be brought up to date now; try "
         "again "
         "later)\r\n1 NO [UNAVAILABLE] The mailbox list cannot be brought up to date now; try "
         "again "
         "later\r\n",
         "1 NO [UNAVAILABLE] The mailbox list cannot be brought up to date now; try again "
         "later\r\n"},
        {"$T NO [INUSE] Mailbox is locked\r\n",
         {},
         false,
         "* NO USER bob ([INUSE] Mailbox is locked)\r\n1 NO [INUSE] Mailbox is locked\r\n",
         "1 NO [INUSE] Mailbox is locked\r\n"},
    };
    for (const auto& row : rows) {
        for (const bool rename : {false, true}) {
            World w;
            w.admin = true;
            w.list.late = row.late;
            w.list.behind = row.behind;
            auto& be = w.server("be1", {expect(rename ? "$T XFER \"user.bob\" \"be2\""
                                                      : "$T XFER \"INBOX\" \"be2\""),
                                        send(row.says), expect("Q01 LOGOUT")});
            ASSERT_EQ_TEXT(
                w.talk(rename ? "1 RENAME user.bob user.bob be2!\r\n" : "1 XFER user.bob be2\r\n"),
                rename ? row.rename : row.xfer);
            ck_assert(be.finished_well());
        }
    }
}
END_TEST

START_TEST(subscriptions_are_at_the_inbox_server)
{
    World w;
    auto& be = w.server(
        "be1",
        {expect("$T SUBSCRIBE \"INBOX.two\""), send("$T OK done\r\n"), expect("$T LSUB \"\" \"*\""),
         send("* LSUB () \".\" INBOX.one\r\n* LSUB (\\Noselect \\HasNoChildren) \".\" "
              "\"INBOX.two\"\r\n"
              "* LSUB (\\NonExistent) \".\" INBOX.gone\r\n* LSUB (\\Noselect) \".\" "
              "{9}\r\nINBOX.two\r\n$T OK done\r\n"),
         expect("$T UNSUBSCRIBE \"INBOX.gone\""), send("$T OK done\r\n"), expect("Q01 LOGOUT")});
    ASSERT_EQ_TEXT(w.talk("1 SUBSCRIBE INBOX.two\r\n2 SUBSCRIBE INBOX.gone\r\n3 LSUB \"\" *\r\n4 "
                          "UNSUBSCRIBE INBOX.gone\r\n"),
                   "1 OK done\r\n2 NO [NONEXISTENT] Mailbox does not exist\r\n"
                   "* LSUB () \".\" INBOX.one\r\n* LSUB (\\HasNoChildren) \".\" \"INBOX.two\"\r\n"
                   "* LSUB (\\NonExistent) \".\" INBOX.gone\r\n* LSUB () \".\" "
                   "{9}\r\nINBOX.two\r\n3 OK done\r\n4 OK done\r\n");
    ck_assert(be.finished_well());
}
END_TEST

// A server that does not know a mailbox elsewhere says \\Noselect of it; of a level above
// subscribed ones it says so too, and then it is true (RFC 3501 6.3.9).
START_TEST(noselect_stays_where_only_something_below_is_subscribed)
{
    World w;
    auto& be = w.server(
        "be1",
        {expect("$T LSUB \"\" \"*\""),
         send("* LSUB (\\Noselect) \".\" INBOX.two\r\n* LSUB () \".\" INBOX.one.below\r\n$T OK "
              "x\r\n"),
         expect("$T LSUB \"\" \"INBOX.%\""),
         send("* LSUB (\\Noselect) \".\" INBOX.two\r\n* LSUB (\\Noselect \\HasChildren) \".\" "
              "\"INBOX.one\"\r\n$T OK done\r\n"),
         expect("$T LSUB \"\" \"*\""), send("$T NO what\r\n"), expect("Q01 LOGOUT")});
    ASSERT_EQ_TEXT(w.talk("1 LSUB \"\" INBOX.%\r\n2 LSUB \"\" %\r\n"),
                   cat("* LSUB () \".\" INBOX.two\r\n* LSUB (\\Noselect \\HasChildren) \".\" "
                       "\"INBOX.one\"\r\n1 OK done\r\n2",
                       kUnavailable));
    ck_assert(be.finished_well());
}
END_TEST

// What LIST shows, and only that, is a mailbox to LSUB too, whatever the server knows of it.
START_TEST(lsub_and_list_know_the_same_mailboxes)
{
    struct {
        model::EntryState state;
        bool has_acl;
        bool shown;
    } rows[] = {
        {model::EntryState::active, true, true},
        // Between the two ends of a move, and on its way.
        {model::EntryState::reserved, true, true},
        {model::EntryState::moving, true, true},
        {model::EntryState::reserved, false, false},
        {model::EntryState::deleted, true, false},
    };
    for (const auto& row : rows) {
        World w;
        model::MailboxEntry two = entry("user.bob.two", "be2");
        two.state = row.state;
        if (!row.has_acl) two.acl = {};
        ASSERT_OK(w.list.put(two));
        auto& be = w.server("be1", {expect("$T LSUB \"\" \"*\""),
                                    send("* LSUB (\\Noselect) \".\" INBOX.two\r\n$T OK x\r\n"),
                                    expect("Q01 LOGOUT")});
        const std::string said = w.talk("1 LSUB \"\" *\r\n2 LIST \"\" INBOX.two\r\n");
        const bool in_lsub = said.find("* LSUB () ") != said.npos;
        const bool in_list = said.find("* LIST ") != said.npos;
        ck_assert_msg(in_lsub == row.shown && in_list == row.shown, "%s", said.c_str());
        ck_assert(be.finished_well());
    }
}
END_TEST

// All of it goes on to the client, too: it may be another session's change, which is told once.
const std::string kTold = "* 1 FETCH (FLAGS (\\Seen \\Recent $x) UID 4 INTERNALDATE \" "
                          "1-Jan-2020 00:00:00 +0000\" RFC822.SIZE 5)\r\n"
                          "* 2 FETCH (FLAGS (\\Flagged))\r\n"
                          "* 2 FETCH (UID 8 RFC822.SIZE 3 INTERNALDATE \"02-Jan-2020 "
                          "00:00:00 +0000\" FLAGS ())\r\n";
const std::string kTwoMessages = kTold + "$T OK done\r\n";
const Steps kBodies = {expect("$T UID FETCH 4 (UID BODY.PEEK[])"),
                       send("* 1 FETCH (UID 4 BODY[] {5}\r\na\r\nb\n)\r\n$T OK x\r\n"),
                       expect("$T UID FETCH 8 (UID BODY.PEEK[])"),
                       send("* 2 FETCH (BODY[] {3}\r\n({5 UID 8)\r\n$T OK x\r\n")};
// COPY by number asks by number: so nobody tells what is gone meanwhile.
const Steps kNumbered = {expect("$T FETCH 1 (UID BODY.PEEK[])"), kBodies[1],
                         expect("$T FETCH 2 (UID BODY.PEEK[])"), kBodies[3]};
const Steps kTarget = {
    expect("$T LOCALAPPEND \"INBOX.two\" \"\" (\\Seen $x) \" 1-Jan-2020 00:00:00 +0000\" {5}"),
    send("+ go\r\n"), expect_bytes("a\r\nb\n () \"02-Jan-2020 00:00:00 +0000\" {3}\r\n"),
    send("+ go\r\n"), expect_bytes("({5\r\n")};

START_TEST(copy_to_another_server)
{
    // A body may be quoted as well (RFC 3501 7.4.2), and other things may stand before it.
    for (const char* second :
         {"BODY[] {3}\r\n({5 UID 8", "BODY[] \"({5\" UID 8",
          "X (\"BODY[]\") FLAGS (\\Seen) UID 8 BODY[] {3}\r\n({5", "UID 8 body[] \"({5\""}) {
        World w;
        auto& one =
            w.server("be1", kSelect +
                                Steps{expect("$T FETCH 1:2 (UID FLAGS INTERNALDATE RFC822.SIZE)"),
                                      send(kTwoMessages), kNumbered[0], kNumbered[1], kNumbered[2],
                                      send(cat("* 2 FETCH (", second, ")\r\n$T OK x\r\n"))} +
                                kLogout);
        auto& two = w.server("be2", kTarget + Steps{send("$T OK [APPENDUID 33 100:101] done\r\n"),
                                                    expect("Q01 LOGOUT")});
        ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\n1 COPY 1:2 INBOX.two\r\n"),
                       kSelectAnswer + kTold + "1 OK [COPYUID 33 4,8 100:101] Completed\r\n");
        ck_assert(one.finished_well() && two.finished_well());
    }
}
END_TEST

START_TEST(copy_waits_for_a_destination_that_moves)
{
    const Steps listed = {expect("$T FETCH 1:2 (UID FLAGS INTERNALDATE RFC822.SIZE)"),
                          send(kTwoMessages)};
    const Steps first = {kNumbered[0], kNumbered[1]};
    const Steps done =
        kTarget + Steps{send("$T OK [APPENDUID 33 100:101] done\r\n"), expect("Q01 LOGOUT")};
    struct {
        Steps source;
        Steps target;
    } rows[] = {
        {listed + first, {kTarget[0], send(kMoving)}},
        {listed + kNumbered, kTarget + Steps{send(kMoving)}},
    };
    for (const auto& row : rows) {
        World w;
        auto& one = w.server("be1", kSelect + row.source + listed + kNumbered + kLogout);
        auto& two = w.server("be2", row.target + done);
        ASSERT_EQ_TEXT(
            w.talk("s SELECT INBOX\r\n1 COPY 1:2 INBOX.two\r\n"),
            kSelectAnswer + kTold + kTold + "1 OK [COPYUID 33 4,8 100:101] Completed\r\n");
        ck_assert(one.finished_well() && two.finished_well());
    }
}
END_TEST

START_TEST(move_to_another_server)
{
    World w;
    auto& one = w.server(
        "be1", kSelect +
                   Steps{expect("$T UID FETCH 4,8 (UID FLAGS INTERNALDATE RFC822.SIZE)"),
                         send(kTwoMessages), expect("$T NOOP"), send("$T OK x\r\n")} +
                   kBodies +
                   Steps{expect("$T UID STORE 4,8 +FLAGS.SILENT (\\Deleted)"), send("$T OK x\r\n"),
                         expect("$T UID EXPUNGE 4,8"),
                         send("* 2 EXPUNGE\r\n* 1 EXPUNGE\r\n$T OK [HIGHESTMODSEQ 9] x\r\n")} +
                   kLogout);
    auto& two = w.server("be2", kTarget + Steps{send("$T OK [APPENDUID 33 100:101] done\r\n"),
                                                expect("Q01 LOGOUT")});
    ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\n1 UID MOVE 4,8 INBOX.two\r\n"),
                   kSelectAnswer + kTold +
                       "* OK [COPYUID 33 4,8 100:101] Copied\r\n"
                       "* 2 EXPUNGE\r\n* 1 EXPUNGE\r\n"
                       "1 OK [HIGHESTMODSEQ 9] x\r\n");
    ck_assert(one.finished_well() && two.finished_well());
}
END_TEST

START_TEST(a_move_that_fails_loses_nothing)
{
    const Steps listed =
        kSelect + Steps{expect("$T UID FETCH 4,8 (UID FLAGS INTERNALDATE RFC822.SIZE)"),
                        send(kTwoMessages), expect("$T NOOP"), send("$T OK x\r\n")};
    struct {
        Steps source;
        Steps target;
        std::string answer;
    } rows[] = {
        // The other server does not have all of them.
        {listed + kBodies + kLogout,
         kTarget + Steps{send("$T OK [APPENDUID 33 100] done\r\n"), expect("Q01 LOGOUT")},
         "1 NO [SERVERBUG] The other server does not say that it has all messages\r\n"},
        {listed + kBodies + kLogout,
         kTarget + Steps{send("$T NO [OVERQUOTA] full\r\n"), expect("Q01 LOGOUT")},
         "1 NO [OVERQUOTA] full\r\n"},
        {listed + kBodies + kLogout, kTarget + Steps{hang_up()}, "1" + kUnavailable},
        // It refuses the first, or dies while the second goes to it.
        {listed + Steps{kBodies[0], kBodies[1]} + kLogout,
         {kTarget[0], send("$T NO [OVERQUOTA] full\r\n"), expect("Q01 LOGOUT")},
         "1 NO [OVERQUOTA] full\r\n"},
        {listed + kBodies + kLogout,
         {kTarget[0], kTarget[1], kTarget[2], hang_up()},
         "1" + kUnavailable},
        // A message has gone in between: what was sent is taken back.
        {listed + Steps{kBodies[0], kBodies[1], kBodies[2], send("$T OK x\r\n")} + kLogout,
         {kTarget[0], kTarget[1], expect_bytes("a\r\nb\n (\r\n"), send("$T BAD what\r\n"),
          expect("Q01 LOGOUT")},
         "1 NO [EXPUNGEISSUED] Some of the messages no longer exist\r\n"},
        // The source dies within the second body.
        {listed +
             Steps{kBodies[0], kBodies[1], kBodies[2], send("* 2 FETCH (UID 8 BODY[] {3}\r\n(")} +
             Steps{hang_up()},
         {kTarget[0], kTarget[1], kTarget[2], send("+ go\r\n"), expect_end()},
         kLost},
    };
    for (const auto& row : rows) {
        World w;
        auto& one = w.server("be1", row.source);
        auto& two = w.server("be2", row.target);
        ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\n1 UID MOVE 4,8 INBOX.two\r\n"),
                       kSelectAnswer + kTold + row.answer);
        ck_assert_msg(one.finished_well() && two.finished_well(), "%s", row.answer.c_str());
    }
}
END_TEST

// The old message goes when the new one is there, and not before.
START_TEST(replace_on_another_server)
{
    const Steps asked =
        kSelect +
        Steps{expect("$T FETCH 2 (UID FLAGS INTERNALDATE RFC822.SIZE)"),
              send("* 2 FETCH (UID 8 FLAGS () INTERNALDATE \" 1-Feb-2026 10:00:00 +0000\" "
                   "RFC822.SIZE 3)\r\n$T OK x\r\n")};
    const Steps taken = {expect("$T LOCALAPPEND \"INBOX.two\" \"\" (\\Seen) {3+}"),
                         expect_bytes("new"), expect("")};
    const struct {
        Steps source;
        Steps target;
        std::string answer;
    } rows[] = {
        {asked +
             Steps{expect("$T UID STORE 8 +FLAGS.SILENT (\\Deleted)"), send("$T OK x\r\n"),
                   expect("$T UID EXPUNGE 8"), send("* 2 EXPUNGE\r\n$T OK done\r\n")} +
             kLogout,
         taken + Steps{send("$T OK [APPENDUID 33 100] x\r\n"), expect("Q01 LOGOUT")},
         "* OK [APPENDUID 33 100] x\r\n* 2 EXPUNGE\r\n1 OK done\r\n"},
        {asked +
             Steps{expect("$T UID STORE 8 +FLAGS.SILENT (\\Deleted)"), send("$T OK x\r\n"),
                   expect("$T UID EXPUNGE 8"), send("$T OK done\r\n")} +
             kLogout,
         taken + Steps{send(kMoving)} + taken +
             Steps{send("$T OK [APPENDUID 33 100] x\r\n"), expect("Q01 LOGOUT")},
         "* OK [APPENDUID 33 100] x\r\n1 OK done\r\n"},
        {asked + kLogout, taken + Steps{send("$T NO [OVERQUOTA] full\r\n"), expect("Q01 LOGOUT")},
         "1 NO [OVERQUOTA] full\r\n"},
        {asked + kLogout, taken + Steps{hang_up()}, "1" + kUnavailable},
    };
    for (const auto& row : rows) {
        World w;
        auto& one = w.server("be1", row.source);
        auto& two = w.server("be2", row.target);
        ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\n1 REPLACE 2 INBOX.two (\\Seen) {3+}\r\nnew\r\n"),
                       kSelectAnswer + row.answer);
        ck_assert_msg(one.finished_well() && two.finished_well(), "%s", row.answer.c_str());
    }
    World w;
    auto& one = w.server(
        "be1", kSelect +
                   Steps{expect("$T UID REPLACE 8 \"INBOX.one\" {3+}"), expect_bytes("new"),
                         expect(""), send(kMoving), expect("$T UID REPLACE 8 \"INBOX.one\" {3+}"),
                         expect_bytes("new"), expect(""),
                         send("* OK [APPENDUID 3 4] x\r\n* 2 EXPUNGE\r\n"
                              "$T OK done\r\n")} +
                   kLogout);
    ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\n1 UID REPLACE 8 INBOX.one {3+}\r\nnew\r\n"),
                   kSelectAnswer + "* OK [APPENDUID 3 4] x\r\n* 2 EXPUNGE\r\n1 OK done\r\n");
    ck_assert(one.finished_well());
}
END_TEST

START_TEST(copy_on_one_server_is_that_servers)
{
    World w;
    auto& be = w.server("be1", kSelect +
                                   Steps{expect("$T UID COPY 1:3,7 \"INBOX.one\""),
                                         send("$T OK [COPYUID 1 2 3] x\r\n")} +
                                   kLogout);
    ASSERT_EQ_TEXT(w.talk("s SELECT INBOX\r\n1 UID COPY 1:3,7 INBOX.one\r\n2 COPY 1 "
                          "INBOX.none\r\n3 COPY x INBOX.one\r\n"),
                   kSelectAnswer + "1 OK [COPYUID 1 2 3] x\r\n2 NO [TRYCREATE] Mailbox does not "
                                   "exist\r\n3 BAD Invalid sequence set\r\n");
    ck_assert(be.finished_well());
}
END_TEST

START_TEST(small_parsers)
{
    auto m = parse_source_message(
        "* 1 FETCH (UID 4 FLAGS (\\Recent a) MODSEQ (12) INTERNALDATE \"x y\" RFC822.SIZE 5)\r\n");
    ck_assert(m && m->number == 1 && m->uid == 4 && m->size == 5);
    ASSERT_EQ_TEXT(m->flags, "a");
    ASSERT_EQ_TEXT(m->internaldate, "x y");
    // Whatever else the server tells, in any order.
    m = parse_source_message("* 1 FETCH (X (\"a)\" (b)) BODY[HEADER.FIELDS (\"To\")] {3}\r\n) F "
                             "RFC822.SIZE 5 Y NIL INTERNALDATE \"x y\" FLAGS () UID 4)\r\n");
    ck_assert(m && m->uid == 4 && m->size == 5 && m->flags.empty() && m->internaldate == "x y");
    for (const char* bad : {"* 1 FETCH (FLAGS ())", "* 1 FETCH", "* 1 FETCH (",
                            "* 1 FETCH (UID 4 FLAGS ( INTERNALDATE \"", "* 1 FETCH (UID)",
                            "* x FETCH (UID 4 FLAGS () INTERNALDATE \"x\" RFC822.SIZE 5)"})
        ck_assert_msg(!parse_source_message(bad), "%s", bad);
    auto uid = parse_appenduid("[APPENDUID 5 1:3,9] x");
    ck_assert(uid && uid->count == 4);
    ASSERT_EQ_TEXT(uid->uids, "1:3,9");
    for (const char* bad :
         {"x", "[APPENDUID 5]", "[APPENDUID 5 x] y", "[APPENDUID x 5] y", "[APPENDUID 5 6"})
        ck_assert_msg(!parse_appenduid(bad), "%s", bad);
    const std::string entry = "/shared/vendor/cmu/cyrus-imapd/freespace/total";
    for (const std::string& good :
         {cat("\"\" (", entry, " \"100;200\")\r\n"), cat("\"\" (\"", entry, "\" \"100;200\")"),
          cat("\"\" (", entry, " {7}\r\n100;200)\r\n"),
          cat("\"\" (/shared/x \"9;10\" /shared/y NIL ", to_upper(entry),
              " \"100;200\" z \"7;8\")")}) {
        auto space = parse_space(good);
        ck_assert_msg(space && space->free_kilobytes == 100 && space->total_kilobytes == 200, "%s",
                      good.c_str());
    }
    for (const std::string& bad : {cat("\"\" (", entry, " \"3;2\")"), cat("\"\" (", entry, " NIL)"),
                                   cat("\"\" ", entry), cat("\"\" (", entry, " \"100;200"),
                                   std::string("\"\" (/shared/x \"1;2\")"), std::string()})
        ck_assert_msg(!parse_space(bad), "%s", bad.c_str());
    using Mode = config::ServerlistSelectMode;
    std::vector<ServerSpace> servers = {{"a", 500, 1000}, {"b", 600, 2000}, {"c", 90, 100}};
    ASSERT_EQ_TEXT(choose_by_space(servers, Mode::freespace_most, 0, 0), "b");
    ASSERT_EQ_TEXT(choose_by_space(servers, Mode::freespace_percent_most, 0, 0), "c");
    ASSERT_EQ_TEXT(choose_by_space(servers, Mode::freespace_most, 60, 0), "a");
    ASSERT_EQ_TEXT(choose_by_space(servers, Mode::random, 0, 4), "b");
    ASSERT_EQ_TEXT(choose_by_space(servers, Mode::freespace_percent_weighted, 0, 0), "a");
    ASSERT_EQ_TEXT(choose_by_space(servers, Mode::freespace_percent_weighted, 0, 100), "c");
    ASSERT_EQ_TEXT(choose_by_space(servers, Mode::freespace_percent_weighted_delta, 0, 22), "c");
}
END_TEST

START_TEST(only_what_ended_in_order_goes_to_the_next_session)
{
    const std::string kBye = "$T OK [CAPABILITY IMAP4rev1] bye\r\n";
    const Steps handed_on = {expect("$T UNAUTHENTICATE"), send(kBye), expect("Q01 LOGOUT")};
    const Steps let_go = {expect("Q01 LOGOUT"), expect_end()};
    // With a mailbox selected; the client has gone before.
    const auto left = [&](const std::string& answer) {
        return Steps{expect("$T UNSELECT"), send(answer)} + handed_on;
    };
    const auto not_left = [&](const std::string& answer) {
        return Steps{expect("$T UNSELECT"), send(answer), expect("$T UNAUTHENTICATE")} + let_go;
    };
    const Steps status = {expect("$T STATUS \"INBOX\" (MESSAGES)"),
                          send("* STATUS INBOX (MESSAGES 1)\r\n$T OK fine\r\n")};
    const std::string ask = "1 STATUS INBOX (MESSAGES)\r\n";
    std::string nonsense;
    for (int i = 0; i < Engine::kMaxBad; i++) nonsense += "GET / HTTP/1.1\r\n";
    struct {
        std::string client;
        Steps server;
    } rows[] = {
        {ask, status + handed_on},
        {ask + "2 LOGOUT\r\n", status + handed_on},
        {ask + "2 NOO", status + handed_on},  // nobody else has seen any of it
        {"s SELECT INBOX\r\n", kSelect + left("$T OK done\r\n")},
        {"s SELECT INBOX\r\n2 LOGOUT\r\n", kSelect + left("* 1 EXPUNGE\r\n$T OK done\r\n")},
        {"s SELECT INBOX\r\n", kSelect + not_left("$T NO\r\n")},
        {"s SELECT INBOX\r\n", kSelect + not_left("* BYE\r\n$T OK done\r\n")},
        {"s SELECT INBOX\r\n", kSelect + not_left("* 1 FETCH (UID {3}\r\n$T OK done\r\n")},
        // The client's own mistakes, sent or not.
        {ask + "2 STATUS INBOX ((MESSAGES)\r\n", status + let_go},
        {ask + "2 STATUS INBOX \"\r\n", status + let_go},
        {ask + nonsense, status + let_go},
        {cat("1 APPEND INBOX {5000+}\r\n", std::string(5000, 'x'), " (\r\n"),
         Steps{expect("$T LOCALAPPEND \"INBOX\" \"\" {5000}"), send("+ go\r\n"),
               expect_bytes(std::string(5000, 'x') + " (\r\n"), send("$T BAD what\r\n")} +
             let_go},
        // An answer before the end of the command.
        {"1 APPEND INBOX {5000}\r\n" + ask,
         Steps{expect("$T LOCALAPPEND \"INBOX\" \"\" {5000}"), send("$T NO full\r\n")} + status +
             let_go},
        // The client goes in the middle of something: not one byte more.
        {ask + "2 APPEND INBOX {10+}\r\nabc", status + Steps{expect_end()}},
        {"1 APPEND INBOX {5000+}\r\nabc",
         {expect("$T LOCALAPPEND \"INBOX\" \"\" {5000}"), send("+ go\r\n"), expect_end()}},
        {"s SELECT INBOX\r\n2 IDLE\r\n",
         kSelect + Steps{expect("$T IDLE"), send("+ idling\r\n"), expect_end()}},
    };
    std::vector<std::string> capabilities = kCapabilities;
    capabilities.push_back("UNAUTHENTICATE");
    for (const auto& row : rows) {
        World w("backend_reuse_timeout: 1\n");
        auto& be = w.server("be1", row.server, capabilities);
        w.talk(row.client);
        w.let_go_of_idle();
        ck_assert_msg(be.finished_well(), "%s", row.client.c_str());
    }
}
END_TEST

// Versions of Cyrus call two resources by different names, and refuse the other's.
START_TEST(resources_of_a_quota_go_by_the_names_that_the_server_knows)
{
    const struct {
        const char* told;
        const char* old_names;  // without QUOTASET
        const char* new_names;
    } table[] = {
        {"(STORAGE 5 X-NUM-FOLDERS 3)", "(STORAGE 5 X-NUM-FOLDERS 3)", "(STORAGE 5 MAILBOX 3)"},
        {"(storage 5000 MESSAGE 100 ANNOTATION-STORAGE -1 MAILBOX -1)",
         "(STORAGE 5000 MESSAGE 100 X-ANNOTATION-STORAGE -1 X-NUM-FOLDERS -1)",
         "(STORAGE 5000 MESSAGE 100 ANNOTATION-STORAGE -1 MAILBOX -1)"},
        {"(X-ANNOTATION-STORAGE 7)", "(X-ANNOTATION-STORAGE 7)", "(ANNOTATION-STORAGE 7)"},
        {"(BOTTLES 1)", "(BOTTLES 1)", "(BOTTLES 1)"},
        {"()", "()", "()"},
    };
    for (const auto& row : table) {
        for (bool has_quotaset : {false, true}) {
            World w;
            w.admin = true;
            auto capabilities = kCapabilities;
            if (has_quotaset) capabilities.push_back("QUOTASET");
            const char* want = has_quotaset ? row.new_names : row.old_names;
            auto& be = w.server("be1",
                                Steps{expect(cat("$T SETQUOTA \"user.bob.one\" ", want)),
                                      send("* QUOTA user.bob.one ()\r\n$T OK done\r\n")} +
                                    kLogout,
                                capabilities);
            ASSERT_EQ_TEXT(w.talk(cat("1 SETQUOTA user.bob.one ", row.told, "\r\n")),
                           "* QUOTA user.bob.one ()\r\n1 OK done\r\n");
            ck_assert_msg(be.finished_well(), "%s", row.told);
        }
    }
    World w;
    w.admin = true;
    w.server("be1", kLogout);
    std::string many = "1 SETQUOTA user.bob.one (A 1";
    for (int i = 0; i < 40; i++) many.append(" A 1");
    ck_assert(w.talk(many + ")\r\n").starts_with("1 BAD "));
}
END_TEST

START_TEST(nothing_is_announced_that_a_server_lacks)
{
    World w;
    const std::string ask = "1 CAPABILITY\r\n";
    const std::string full = w.talk(ask);
    ck_assert(full.find(" MOVE ") != full.npos && full.find(" IDLE ") != full.npos);
    w.announces("gone", {});  // no mailbox is there
    w.announces("be1", {"ACL", "CONDSTORE"});
    const std::string narrow = w.talk(ask);
    ASSERT_EQ_TEXT(narrow,
                   "* CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE ACL CATENATE CHILDREN CONDSTORE "
                   "IDLE LIST-EXTENDED LIST-MYRIGHTS LIST-STATUS NAMESPACE UTF8=ACCEPT XLIST "
                   "COMPRESS=DEFLATE "
                   "MAILBOX-REFERRALS MUPDATE=mupdate://m/\r\n"
                   "1 OK Completed\r\n");
    // Another server that logged in for the user does its own narrowing.
    w.proxy = "be7";
    const std::string relayed = w.talk(ask);
    ck_assert(relayed.find(" MOVE ") != relayed.npos);
    // Our own login there tells what it can now.
    w.proxy.clear();
    ck_assert(w.talk(ask) == narrow);
    w.announces("be1", {"ACL", "CONDSTORE", "MOVE"});
    ck_assert(w.talk(ask).find(" MOVE ") != std::string::npos);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/imapd/relay/relay");
    TCase* c = tcase_create("all");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, resources_of_a_quota_go_by_the_names_that_the_server_knows);
    tcase_add_test(c, nothing_is_announced_that_a_server_lacks);
    tcase_add_test(c, only_what_ended_in_order_goes_to_the_next_session);
    tcase_add_test(c, commands_go_on_as_they_came);
    tcase_add_test(c, what_a_server_lacks_it_says_itself);
    tcase_add_test(c, a_client_speaks_utf8_and_its_server_does_not);
    tcase_add_test(c, a_server_without_uids_only_is_not_selected);
    tcase_add_test(c, how_far_a_copy_is_is_told_by_the_clients_tag);
    tcase_add_test(c, what_a_server_says_of_a_search_is_told_by_the_clients_tag);
    tcase_add_test(c, what_is_framed_differently_never_reaches_a_server);
    tcase_add_test(c, literals_are_counted_and_never_read_as_lines);
    tcase_add_test(c, only_large_literals_are_announced);
    tcase_add_test(c, a_server_without_literal_plus_is_asked_each_time);
    tcase_add_test(c, a_refused_literal_is_dropped);
    tcase_add_test(c, a_wrong_end_behind_a_large_literal_undoes_the_command);
    tcase_add_test(c, a_server_may_die_at_any_point);
    tcase_add_test(c, a_server_may_die_within_the_clients_literal);
    tcase_add_test(c, a_client_that_dies_within_its_literal_leaves_nothing);
    tcase_add_test(c, a_slow_server_is_given_up);
    tcase_add_test(c, a_lost_connection_is_replaced_where_nobody_can_tell);
    tcase_add_test(c, expunge_waits_for_a_command_that_may_carry_it);
    tcase_add_test(c, idle_passes_on_what_comes);
    tcase_add_test(c, the_selection_moves_between_servers);
    tcase_add_test(c, what_was_selected_is_left_by_ok_and_no_and_told_once);
    tcase_add_test(c, a_select_at_a_server_that_is_gone_leaves_nothing_selected);
    tcase_add_test(c, what_a_command_of_ours_did_not_ask_for_reaches_the_client);
    tcase_add_test(c, what_a_server_says_goes_behind_what_is_held);
    tcase_add_test(c, what_a_server_says_of_a_mailbox_that_is_not_selected_there_is_nobodys);
    tcase_add_test(c, a_mailbox_that_is_not_there_is_never_said_not_to_exist);
    tcase_add_test(c, what_a_move_refuses_is_said_again);
    tcase_add_test(c, an_expunge_behind_a_move_waits);
    tcase_add_test(c, a_message_for_a_mailbox_that_moves_waits_with_its_client);
    tcase_add_test(c, messages_that_a_server_took_before_a_move_are_said_again);
    tcase_add_test(c, changes_of_the_namespace_are_known_at_once);
    tcase_add_test(c, an_administrator_chooses_the_server);
    tcase_add_test(c, a_move_is_done_when_the_list_has_it_there);
    tcase_add_test(c, subscriptions_are_at_the_inbox_server);
    tcase_add_test(c, lsub_and_list_know_the_same_mailboxes);
    tcase_add_test(c, noselect_stays_where_only_something_below_is_subscribed);
    tcase_add_test(c, copy_to_another_server);
    tcase_add_test(c, copy_waits_for_a_destination_that_moves);
    tcase_add_test(c, move_to_another_server);
    tcase_add_test(c, a_move_that_fails_loses_nothing);
    tcase_add_test(c, replace_on_another_server);
    tcase_add_test(c, copy_on_one_server_is_that_servers);
    tcase_add_test(c, small_parsers);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
