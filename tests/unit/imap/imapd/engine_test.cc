// The command loop: order, states, framing, limits, and the tagged answers.
#include "imap/imapd/engine.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "imap/backend/announced.h"
#include "imap/imapd/command_table.h"
#include "tests/unit/imap/imapd/conversation.h"

using namespace rookery;
using test::converse;
using test::ImapServer;

namespace {

START_TEST(pipelined_commands_are_answered_in_order)
{
    ImapServer server;
    ASSERT_EQ_TEXT(converse(server, "bob", "1 NOOP\r\n2 FOO\r\n3 noop\r\n4 LOGOUT\r\n5 NOOP\r\n"),
                   "1 OK Completed\r\n"
                   "2 BAD Unrecognized command\r\n"
                   "3 OK Completed\r\n"
                   "* BYE LOGOUT received\r\n"
                   "4 OK Completed\r\n");
}
END_TEST

START_TEST(a_broken_command_does_not_harm_the_next)
{
    ImapServer server;
    ASSERT_EQ_TEXT(converse(server, "bob",
                            "\r\n"
                            "1\r\n"
                            "2 \r\n"
                            "3 NOOP x\r\n"
                            "4 FOO {6+}\r\nA NOOP\r\n"
                            "5 NOOP\n6 NOOP\r\n"
                            "7 NOOP\r\n"),
                   "* BAD Missing required argument\r\n"
                   "1 BAD Missing required argument\r\n"
                   "2 BAD Missing required argument\r\n"
                   "3 BAD Unexpected extra arguments\r\n"
                   "4 BAD Unrecognized command\r\n"
                   "5 BAD Bare LF in command; lines end with CRLF\r\n"
                   "7 OK Completed\r\n");
}
END_TEST

START_TEST(states_are_kept_apart)
{
    ImapServer server;
    server.add("user.bob", "bob", "lrswipkxtea");
    ASSERT_EQ_TEXT(converse(server, "", "1 LIST \"\" *\r\n2 SELECT INBOX\r\n3 UID FETCH 1 UID\r\n"),
                   "1 BAD Please login first\r\n"
                   "2 BAD Please login first\r\n"
                   "3 BAD Please login first\r\n");
    ASSERT_EQ_TEXT(converse(server, "bob", "1 LOGIN a b\r\n2 EXPUNGE\r\n3 UID NOOP\r\n"),
                   "1 BAD Already authenticated\r\n"
                   "2 BAD Please select a mailbox first\r\n"
                   "3 BAD Unrecognized command\r\n");
}
END_TEST

// With every argument that the command takes, and one more. No mailbox or user of these is there.
constexpr std::pair<std::string_view, std::string_view> kWhole[] = {
    {"APPEND", ""},
    {"AUTHENTICATE", ""},
    {"CANCELUPDATE", ""},
    {"CAPABILITY", "CAPABILITY"},
    {"CHECK", "CHECK"},
    {"CLOSE", "CLOSE"},
    {"COMPRESS", "COMPRESS DEFLATE"},
    {"COPY", "COPY 1 none"},
    {"CREATE", "CREATE a..b default (USE (\\Sent))"},
    {"DELETE", "DELETE none"},
    {"DELETEACL", "DELETEACL none bob"},
    {"ENABLE", ""},
    {"ESEARCH", "ESEARCH ALL"},
    {"EXAMINE", "EXAMINE none (CONDSTORE)"},
    {"EXPUNGE", "EXPUNGE"},
    {"FETCH", "FETCH 1 FLAGS (CHANGEDSINCE 1)"},
    {"GETACL", "GETACL none"},
    {"GETANNOTATION", "GETANNOTATION none \"*\" \"value.shared\""},
    {"GETMETADATA", "GETMETADATA none (DEPTH 0) (/shared/comment)"},
    {"GETQUOTA", "GETQUOTA none"},
    {"GETQUOTAROOT", "GETQUOTAROOT none"},
    {"ID", "ID NIL"},
    {"IDLE", "IDLE"},
    {"LIST", "LIST \"\" none RETURN (CHILDREN)"},
    {"LISTRIGHTS", "LISTRIGHTS none bob"},
    {"LOCALAPPEND", ""},
    {"LOCALCREATE", "LOCALCREATE a..b default (USE (\\Sent))"},
    {"LOCALDELETE", "LOCALDELETE none"},
    {"LOGIN", ""},
    {"LOGOUT", "LOGOUT"},
    {"LSUB", "LSUB \"\" none"},
    {"MOVE", "MOVE 1 none"},
    {"MUPDATEPUSH", "MUPDATEPUSH none"},
    {"MYRIGHTS", "MYRIGHTS none"},
    {"NAMESPACE", "NAMESPACE"},
    {"NOOP", "NOOP"},
    {"NOTIFY", "NOTIFY NONE"},
    {"RENAME", "RENAME none other default"},
    {"REPLACE", ""},
    {"RLIST", "RLIST \"\" none"},
    {"RLSUB", "RLSUB \"\" none"},
    {"SEARCH", "SEARCH ALL"},
    {"SELECT", "SELECT none (CONDSTORE)"},
    {"SETACL", "SETACL none bob lr"},
    {"SETMETADATA", "SETMETADATA none (/shared/comment NIL)"},
    {"SETQUOTA", "SETQUOTA none (STORAGE 5)"},
    {"SORT", "SORT (DATE) UTF-8 ALL"},
    {"STARTTLS", ""},
    {"STATUS", "STATUS none (MESSAGES)"},
    {"STORE", "STORE 1 FLAGS (\\Seen)"},
    {"SUBSCRIBE", "SUBSCRIBE none"},
    {"SYNCAPPLY", ""},
    {"SYNCGET", ""},
    {"SYNCRESTART", ""},
    {"THREAD", "THREAD REFS UTF-8 ALL"},
    {"UID COPY", "UID COPY 1 none"},
    {"UID EXPUNGE", "UID EXPUNGE 1"},
    {"UID FETCH", "UID FETCH 1 FLAGS (CHANGEDSINCE 1)"},
    {"UID MOVE", "UID MOVE 1 none"},
    {"UID REPLACE", ""},
    {"UID SEARCH", "UID SEARCH ALL"},
    {"UID SORT", "UID SORT (DATE) UTF-8 ALL"},
    {"UID STORE", "UID STORE 1 FLAGS (\\Seen)"},
    {"UID THREAD", "UID THREAD REFS UTF-8 ALL"},
    {"UNAUTHENTICATE", "UNAUTHENTICATE"},
    {"UNSELECT", "UNSELECT"},
    {"UNSUBSCRIBE", "UNSUBSCRIBE none"},
    {"XFER", "XFER none be2 default"},
    {"XLIST", "XLIST \"\" none"},
};

// "" stands for a list that has no end, a message, or what is not said after a login.
START_TEST(one_argument_too_many_is_bad_whatever_there_is)
{
    const auto table = imapd::command_table();
    ck_assert_uint_eq(table.size(), std::size(kWhole));
    for (size_t i = 0; i < table.size(); i++) {
        const auto& [name, whole] = kWhole[i];
        ASSERT_EQ_TEXT(name, table[i].name);
        if (whole.empty()) continue;
        ImapServer server;
        server.add("user.cyrus", "cyrus", "lrswipkxtea");
        const std::string said =
            converse(server, "cyrus", cat("1 SELECT INBOX\r\n2 ", whole, " superfluous\r\n"), true);
        const size_t second = said.find("\r\n2 ");
        ck_assert_msg(second != std::string::npos &&
                          std::string_view(said).substr(second).starts_with("\r\n2 BAD "),
                      "%.*s: %s", static_cast<int>(name.size()), name.data(), said.c_str());
    }
}
END_TEST

START_TEST(what_is_too_much_is_bad_as_soon_as_it_can_be_seen)
{
    ImapServer server;
    for (const char* line :
         {"1 GETACL none superfluous", "1 STATUS none (MESSAGES) superfluous {3}",
          "1 SETACL none bob lr superfluous {3+}\r\nabc", "1 GETMETADATA none /shared/comment x",
          "1 GETMETADATA none (/shared/comment) (MAXSIZE 5)",
          "1 GETMETADATA none (DEPTH 0) (/shared/comment) x",
          "1 GETMETADATA (DEPTH 0) none /shared/comment x",
          "1 LISTRIGHTS {4+}\r\nnone bob superfluous"}) {
        for (size_t chunk : {size_t{1}, size_t{65536}}) {
            const std::string said = converse(server, "cyrus", cat(line, "\r\n"), true, chunk);
            ck_assert_msg(said.starts_with("1 BAD "), "%s: %s", line, said.c_str());
        }
    }
    // A list may hold what is behind a literal.
    ASSERT_EQ_TEXT(converse(server, "cyrus",
                            "1 GETMETADATA none (/shared/comment {3+}\r\n/a )\r\n"
                            "2 GETACL none\r\n",
                            true, 1),
                   "1 NO [NONEXISTENT] Mailbox does not exist\r\n"
                   "2 NO [NONEXISTENT] Mailbox does not exist\r\n");
}
END_TEST

START_TEST(without_imapidlepoll_there_is_no_idle)
{
    ImapServer server("imapidlepoll: 0\n");
    server.add("user.bob", "bob", "lrswipkxtea");
    const std::string said = converse(server, "bob", "1 CAPABILITY\r\n2 IDLE\r\n");
    ck_assert(said.find(" IDLE") == std::string::npos);
    ck_assert(said.ends_with("2 BAD Unrecognized command\r\n"));
    ck_assert(converse(server, "", "1 CAPABILITY\r\n").find(" IDLE") == std::string::npos);
}
END_TEST

START_TEST(whoever_sends_nonsense_is_let_go)
{
    ImapServer server;
    std::string input;
    for (int i = 0; i < 100; i++) input += "GET / HTTP/1.1\r\n";
    const std::string stranger = converse(server, "", input);
    ck_assert(stranger.ends_with("* BYE Too many invalid commands\r\n"));
    ck_assert_int_eq(std::count(stranger.begin(), stranger.end(), '\n'), 11);
    const std::string user = converse(server, "bob", input);
    ck_assert_int_eq(std::count(user.begin(), user.end(), '\n'), 51);
    // What counts is how many come in a row.
    std::string mixed;
    for (int i = 0; i < 30; i++) mixed += "1 FOO\r\n2 FOO\r\n3 NOOP\r\n";
    ck_assert(converse(server, "bob", mixed).ends_with("3 OK Completed\r\n"));
}
END_TEST

START_TEST(the_shutdown_file_ends_sessions_of_users)
{
    ImapServer server;
    const std::string msg = server.dir.file("msg");
    ck_assert_int_eq(::mkdir(msg.c_str(), 0700), 0);
    std::ofstream(msg + "/shutdown") << "gone fishing\nsecond line\n";
    session::SessionKit kit(server.config, nullptr, imapd::kProtocol, {});
    stream::MemoryEnds ends{"1 NOOP\r\n", {}, 65536, false, false};
    stream::Stream client(stream::memory_layer(ends));
    imapd::ImapSession session{
        server.config, kit,     server.directory, &server.store,
        nullptr,       nullptr, client,           imapd::CommandReader(client, {})};
    imapd::Engine(session).run();
    ASSERT_EQ_TEXT(ends.output, "* BYE gone fishing\r\n");
}
END_TEST

// What one user may leave behind, all of it.
void set_all(imapd::User& user)
{
    user = {.state = imapd::State::selected,
            .identity = auth::Identity{"alice", {}, true, false, "alice"},
            .names = model::Namespace(model::NamespaceOptions{}, "alice", true),
            .selection = imapd::LocalSelection{},
            .aside = imapd::LocalSelection{},
            .enabled = {"QRESYNC", "IMAP4REV2"},
            .condstore_enabled = true,
            .qresync_enabled = true,
            .modes = {.uid_only = true, .utf8 = true, .rev2 = true, .rev2_messages = true},
            .wants_referrals = true,
            .farewell = "a server's last word",
            .events = {.messages = false,
                       .flags = false,
                       .at_once = true,
                       .expunge_at_once = true,
                       .fetch = std::make_shared<imapd::FetchRequest>(),
                       .fetch_text = "(UID)",
                       .own = {7}},
            .on_unasked = [](auto&, auto&, const auto&) { return true; },
            .before_select = [](auto&) {},
            .ask_in_idle = [] {}};
}

// All members are named: a new one does not compile before it is looked at here.
void check_that_nothing_is_left(const imapd::User& user, imapd::State now, std::string_view whose)
{
    const auto& [state, identity, names, selection, aside, enabled, condstore, qresync, modes,
                 referrals, farewell, watch, events, on_unasked, before_select,
                 ask_in_idle] = user;
    const auto& [uid_only, utf8, rev2, rev2_messages] = modes;
    const auto& [messages, flags, at_once, expunge_at_once, fetch, fetch_text, own] = events;
    ck_assert(state == now);
    ASSERT_EQ_TEXT(identity ? identity->userid : "", whose);
    ASSERT_EQ_TEXT(names ? names->inbox()->internal() : "",
                   whose.empty() ? "" : cat("user.", whose));
    ck_assert(std::holds_alternative<imapd::NoSelection>(selection));
    ck_assert(std::holds_alternative<imapd::NoSelection>(aside));
    ck_assert(enabled.empty() && !condstore && !qresync && !referrals && farewell.empty());
    ck_assert(!uid_only && !utf8 && !rev2 && !rev2_messages);
    ck_assert(!watch && !on_unasked && !before_select && !ask_in_idle);
    ck_assert(messages && flags && !at_once && !expunge_at_once && !fetch);
    ck_assert(fetch_text.empty() && own.empty());
}

START_TEST(nothing_is_left_of_a_user_who_has_gone)
{
    ImapServer server;
    session::SessionKit kit(server.config, nullptr, imapd::kProtocol, {});
    stream::MemoryEnds ends{{}, {}, 65536, false, false};
    stream::Stream client(stream::memory_layer(ends));
    imapd::ImapSession session{
        server.config, kit,     server.directory, &server.store,
        nullptr,       nullptr, client,           imapd::CommandReader(client, {})};
    check_that_nothing_is_left(session.user, imapd::State::not_authenticated, "");
    set_all(session.user);
    imapd::forget_user(session);
    check_that_nothing_is_left(session.user, imapd::State::not_authenticated, "");
    set_all(session.user);
    imapd::become(session, auth::Identity{"bob", {}, false, false, "bob"});
    check_that_nothing_is_left(session.user, imapd::State::authenticated, "bob");
}
END_TEST

START_TEST(capability_says_what_this_state_can)
{
    ImapServer server("mupdate_server: mup.example.org\nsuppress_capabilities: MOVE\n");
    std::vector<std::string_view> want = {
        "*",           "CAPABILITY", "IMAP4rev1",        "LITERAL+",
        "ID",          "ENABLE",     "CATENATE",         "XLIST",
        "CHILDREN",    "IDLE",       "LIST-EXTENDED",    "LIST-MYRIGHTS",
        "LIST-STATUS", "NAMESPACE",  "COMPRESS=DEFLATE", "MUPDATE=mupdate://mup.example.org/",
        "IMAP4rev2",   "UTF8=ACCEPT"};
    for (const auto name : backend::kFromBackends)
        if (name != "MOVE")
            want.push_back(name == "APPENDLIMIT=" ? "APPENDLIMIT=4294967295" : name);
    const std::string said = converse(server, "bob", "1 CAPABILITY\r\n");
    const std::string_view line = std::string_view(said).substr(0, said.find("\r\n"));
    auto told = split(line, ' ');
    // Their order says nothing.
    std::sort(want.begin(), want.end());
    std::sort(told.begin(), told.end());
    ck_assert_msg(std::equal(told.begin(), told.end(), want.begin(), want.end()), "%s",
                  said.c_str());
}
END_TEST

START_TEST(a_client_may_ask_before_the_login_what_there_is_after_it)
{
    ImapServer server("sasl_mech_list: PLAIN\n");
    const std::string said = converse(server, "", "1 CAPABILITY\r\n");
    for (const char* word : {" ACL ", " METADATA ", " QUOTA ", " COMPRESS=DEFLATE "})
        ck_assert(said.find(word) != std::string::npos);
    ck_assert(said.find("UNAUTHENTICATE") == std::string::npos);
}
END_TEST

START_TEST(id_is_read_whole_and_bounded)
{
    ImapServer server("imapidresponse: no\n");
    ASSERT_EQ_TEXT(converse(server, "bob",
                            "1 ID NIL\r\n2 ID (\"name\" \"x\" \"v\" NIL)\r\n3 ID ()\r\n4 ID\r\n"
                            "5 ID (\"name\")\r\n"),
                   "* ID NIL\r\n1 OK Completed\r\n* ID NIL\r\n2 OK Completed\r\n"
                   "* ID NIL\r\n3 OK Completed\r\n4 BAD Missing required argument\r\n"
                   "5 BAD Expected a space in command\r\n");
    std::string many = "1 ID (";
    for (int i = 0; i < 31; i++) cat_to(many, i > 0 ? " " : "", "\"k\" \"v\"");
    ASSERT_EQ_TEXT(converse(server, "bob", many + ")\r\n"),
                   "1 BAD [LIMIT] Too many field-value pairs\r\n");
}
END_TEST

START_TEST(namespace_gives_the_prefixes)
{
    ImapServer server;
    ASSERT_EQ_TEXT(converse(server, "bob", "1 NAMESPACE\r\n"),
                   "* NAMESPACE NIL ((\"user.\" \".\")) ((\"\" \".\"))\r\n1 OK Completed\r\n");
    server.add("user.bob", "bob", "lrswipkxtea");
    ASSERT_EQ_TEXT(converse(server, "bob", "1 NAMESPACE\r\n"),
                   "* NAMESPACE ((\"INBOX.\" \".\")) ((\"user.\" \".\")) ((\"\" \".\"))\r\n"
                   "1 OK Completed\r\n");
}
END_TEST

START_TEST(each_failure_has_its_response)
{
    const std::pair<Code, const char*> cases[] = {
        {Code::not_found, "[NONEXISTENT] Mailbox does not exist"},
        {Code::exists, "[ALREADYEXISTS] Mailbox already exists"},
        {Code::denied, "[NOPERM] Permission denied"},
        {Code::unavailable, "[UNAVAILABLE] Server(s) unavailable to complete operation"},
        {Code::reserved, "[UNAVAILABLE] Mailbox is currently reserved"},
        {Code::moved, "[UNAVAILABLE] Mailbox has been moved to another server"},
        {Code::over_quota, "[OVERQUOTA] Over quota"},
    };
    for (const auto& [code, text] : cases) {
        auto done = imapd::Completion::from(Error{code, "inner detail"});
        ck_assert(done.kind == imapd::Completion::Kind::no);
        ASSERT_EQ_TEXT(done.text, text);
    }
    for (auto [code, text] : {std::pair{Code::syntax, "what is wrong"},
                              std::pair{Code::limit, "[LIMIT] what is wrong"}}) {
        auto done = imapd::Completion::from(Error{code, "what is wrong"});
        ck_assert(done.kind == imapd::Completion::Kind::bad);
        ASSERT_EQ_TEXT(done.text, text);
    }
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("engine");
    TCase* tests = tcase_create("engine");
    tcase_add_test(tests, pipelined_commands_are_answered_in_order);
    tcase_add_test(tests, a_broken_command_does_not_harm_the_next);
    tcase_add_test(tests, states_are_kept_apart);
    tcase_add_test(tests, what_is_too_much_is_bad_as_soon_as_it_can_be_seen);
    tcase_add_test(tests, one_argument_too_many_is_bad_whatever_there_is);
    tcase_add_test(tests, without_imapidlepoll_there_is_no_idle);
    tcase_add_test(tests, whoever_sends_nonsense_is_let_go);
    tcase_add_test(tests, the_shutdown_file_ends_sessions_of_users);
    tcase_add_test(tests, nothing_is_left_of_a_user_who_has_gone);
    tcase_add_test(tests, capability_says_what_this_state_can);
    tcase_add_test(tests, a_client_may_ask_before_the_login_what_there_is_after_it);
    tcase_add_test(tests, id_is_read_whole_and_bounded);
    tcase_add_test(tests, namespace_gives_the_prefixes);
    tcase_add_test(tests, each_failure_has_its_response);
    suite_add_tcase(suite, tests);
    return suite;
}
const test::Registered registered(make);

}  // namespace
