// APPEND: streamed, several at once, all or none, and the connection stays in step.
#include "tests/unit/imap/imapd/conversation.h"

using namespace rookery;
using test::converse;
using test::ImapServer;

namespace {

struct Server : ImapServer {
    explicit Server(std::string_view more = {}, std::string_view rights = "lrswipkxtea")
        : ImapServer(more)
    {
        add("user.bob", "bob", rights);
    }
    size_t count() { return store.state("user.bob")->messages.size(); }
    const test::MemoryMessage& message(size_t n) { return *store.state("user.bob")->messages[n]; }
};

START_TEST(a_message_arrives_with_flags_and_date)
{
    Server server;
    const std::string ok = converse(
        server, "bob",
        "1 APPEND INBOX (\\Seen \\Flagged $Work \\Recent) \" 7-Feb-1994 21:52:25 -0800\" {8}\r\n"
        "a:\r\n\r\nbc\r\n2 NOOP\r\n");
    ck_assert_msg(ok.starts_with("+ go ahead\r\n1 OK [APPENDUID "), "%s", ok.c_str());
    ck_assert(ok.ends_with("] Completed\r\n2 OK Completed\r\n"));
    ck_assert_uint_eq(server.count(), 1);
    ASSERT_EQ_TEXT(server.message(0).bytes, "a:\r\n\r\nbc");
    ck_assert_int_eq(server.message(0).internaldate, 760686745);
    ck_assert_int_eq(server.message(0).zone_minutes, -480);
    ck_assert_uint_eq(server.message(0).system_flags & model::kFlagged, model::kFlagged);
    ck_assert_uint_eq(server.message(0).seen_by.count("bob"), 1);
}
END_TEST

START_TEST(several_messages_arrive_together_or_not_at_all)
{
    Server server;
    const std::string both = converse(
        server, "bob", "1 APPEND INBOX {2+}\r\na: (\\Seen) {3}\r\nc:e {2+}\r\nf:\r\n2 NOOP\r\n");
    ck_assert(both.starts_with("+ go ahead\r\n1 OK [APPENDUID "));
    ck_assert(both.find(" 1:3] Completed\r\n2 OK") != both.npos);
    ck_assert_uint_eq(server.count(), 3);
    const std::string_view broken[] = {
        "1 APPEND INBOX {2+}\r\na: (\\Seen {2+}\r\nxx\r\n",  // list not closed
        "1 APPEND INBOX {2+}\r\na: {0+}\r\n\r\n",            // cancelled
        "1 APPEND INBOX {2+}\r\na: \"yesterday\" {2+}\r\nxx\r\n",
        "1 APPEND INBOX {2+}\r\na: nonsense\r\n",
        "1 APPEND INBOX {2+}\r\na: \r\n",
        "1 APPEND INBOX {2+}\r\na: {2}\r\nx\n\r\n",
        "1 APPEND INBOX\r\n",
        "1 APPEND INBOX (\\Bogus) {2+}\r\na:\r\n",
    };
    for (auto command : broken) {
        const std::string got = converse(server, "bob", cat(command, "2 NOOP\r\n"));
        ck_assert_msg(got.find("1 OK") == got.npos && got.ends_with("2 OK Completed\r\n"),
                      "%s gives %s", std::string(command).c_str(), got.c_str());
        ck_assert_uint_eq(server.count(), 3);
    }
    // A client that is gone in the middle leaves nothing.
    converse(server, "bob", "1 APPEND INBOX {2+}\r\na: {2+}\r\n");
    converse(server, "bob", "1 APPEND INBOX {2+}\r\na:");
    converse(server, "bob", "1 APPEND INBOX {2+}\r\na");
    ck_assert_uint_eq(server.count(), 3);
}
END_TEST

START_TEST(a_missing_mailbox_may_be_created_and_the_literal_is_no_command)
{
    Server server;
    ASSERT_EQ_TEXT(converse(server, "bob",
                            "1 APPEND INBOX.no (\\Seen) {9+}\r\nA LOGOUT\n {3+}\r\nx\r\n\r\n"
                            "2 APPEND INBOX.no {5}\r\n3 NOOP\r\n"),
                   "1 NO [TRYCREATE] Mailbox does not exist\r\n"
                   "2 NO [TRYCREATE] Mailbox does not exist\r\n3 OK Completed\r\n");
    // Large ones too: the answer must reach the client that is still sending.
    const std::string large(3u << 20, 'x');
    ASSERT_EQ_TEXT(
        converse(server, "bob",
                 cat("1 APPEND INBOX.no {", large.size(), "+}\r\n", large, "\r\n2 NOOP\r\n")),
        "1 NO [TRYCREATE] Mailbox does not exist\r\n2 OK Completed\r\n");
}
END_TEST

START_TEST(a_message_over_the_limit_is_refused)
{
    Server server("maxmessagesize: 1\n");
    const std::string large(1025, 'x');
    ASSERT_EQ_TEXT(converse(server, "bob",
                            cat("1 APPEND INBOX {1025}\r\n2 NOOP\r\n3 APPEND INBOX {1025+}\r\n",
                                large, "\r\n4 NOOP\r\n")),
                   "1 NO [TOOBIG] Message is larger than this server takes\r\n2 OK Completed\r\n"
                   "3 NO [TOOBIG] Message is larger than this server takes\r\n4 OK Completed\r\n");
}
END_TEST

// RFC 4469 4.2: of all parts together, texts and parts of messages.
START_TEST(what_is_put_together_is_no_larger_than_what_comes_whole)
{
    Server server("maxmessagesize: 1\n");
    const std::string text = cat("a:\r\n\r\n", std::string(600, 'x'));
    const std::string append = cat("APPEND INBOX {", text.size(), "+}\r\n", text, "\r\n");
    ck_assert(converse(server, "bob", cat("1 ", append)).starts_with("1 OK"));
    const std::string part = cat("TEXT {", text.size(), "+}\r\n", text);
    const std::string large =
        "1 NO [TOOBIG] Message is larger than this server takes\r\n2 OK Completed\r\n";
    for (const std::string& parts :
         {cat(part, ' ', part), cat(part, " URL /INBOX/;UID=1"),
          std::string("URL /INBOX/;UID=1 URL /INBOX/;UID=1 TEXT {1+}\r\nx"),
          std::string("TEXT {1025+}\r\n") + std::string(1025, 'x')})
        ASSERT_EQ_TEXT(
            converse(server, "bob", cat("1 APPEND INBOX CATENATE (", parts, ")\r\n2 NOOP\r\n")),
            large);
    ck_assert_uint_eq(server.count(), 1);
    const std::string fits = converse(
        server, "bob",
        "1 APPEND INBOX CATENATE (URL /INBOX/;UID=1 URL /INBOX/;UID=1/;PARTIAL=0.400)\r\n");
    ck_assert_msg(fits.starts_with("1 OK"), "%s", fits.c_str());
    ck_assert_uint_eq(server.message(1).bytes.size(), text.size() + 400);
}
END_TEST

START_TEST(what_is_not_a_message_is_refused)
{
    Server server;
    using namespace std::string_view_literals;
    ASSERT_EQ_TEXT(converse(server, "bob",
                            "1 APPEND INBOX {3+}\r\na\0b\r\n2 APPEND INBOX {3+}\r\na\nb\r\n"
                            "4 APPEND INBOX {5+}\r\nhello\r\n"
                            "3 APPEND INBOX ~{3+}\r\nabc\r\n"
                            "5 APPEND INBOX ~{6+}\r\na:\r\n\r\0\r\n"sv),
                   "1 NO [CANNOT] Message contains NUL characters\r\n"
                   "2 NO [CANNOT] Message contains bare newlines\r\n"
                   "4 NO [CANNOT] Message contains invalid header\r\n"
                   "3 NO [CANNOT] Message contains invalid header\r\n"
                   "5 NO [CANNOT] Message contains NUL characters\r\n");
    ck_assert_uint_eq(server.count(), 0);
}
END_TEST

// RFC 3516 4.4
START_TEST(what_comes_in_binary_is_kept_encoded)
{
    Server server;
    const std::string_view head = "Content-Transfer-Encoding: binary\r\n\r\n";
    const std::string bytes("\0\n\xff", 3);
    const std::string said = converse(
        server, "bob",
        cat("1 APPEND INBOX ~{", head.size() + 3, "+}\r\n", head, bytes, "\r\n2 NOOP\r\n"));
    ck_assert_msg(said.starts_with("1 OK [APPENDUID"), "%s", said.c_str());
    ASSERT_EQ_TEXT(server.message(0).bytes, "Content-Transfer-Encoding: base64\r\n\r\nAAr/\r\n");
}
END_TEST

START_TEST(rights_decide_about_the_message_and_its_flags)
{
    Server none("", "lr");
    ASSERT_EQ_TEXT(converse(none, "bob", "1 APPEND INBOX {2+}\r\na:\r\n"),
                   "1 NO [NOPERM] Permission denied\r\n");
    Server some("", "lrsi");
    const std::string got =
        converse(some, "bob", "1 APPEND INBOX (\\Seen \\Deleted \\Flagged x) {2+}\r\na:\r\n");
    ck_assert(got.starts_with("1 OK"));
    ck_assert_uint_eq(some.message(0).system_flags, 0);
    ck_assert(some.message(0).keywords.none());
    ck_assert_uint_eq(some.message(0).seen_by.count("bob"), 1);
}
END_TEST

START_TEST(a_mailbox_that_is_half_made_or_on_its_way_takes_nothing)
{
    Server server;
    auto entry = *server.directory.lookup(*model::MailboxName::from_internal("user.bob"));
    entry.pending = model::Pending::create;
    auto change = mboxlist::Change::put(entry);
    ASSERT_OK(server.directory.commit({&change, 1}));
    ck_assert(converse(server, "bob", "1 APPEND INBOX {2+}\r\na:\r\n")
                  .starts_with("1 NO [UNAVAILABLE] Mailbox is currently reserved"));
    ck_assert_uint_eq(server.count(), 0);
}
END_TEST

START_TEST(a_full_disk_appends_nothing_and_keeps_the_connection)
{
    Server server;
    server.store.fail_append = Error{Code::no_space, "disk full"};
    ASSERT_EQ_TEXT(converse(server, "bob", "1 APPEND INBOX {2+}\r\na:\r\n2 NOOP\r\n"),
                   "1 NO [UNAVAILABLE] No space left on the server\r\n2 OK Completed\r\n");
}
END_TEST

START_TEST(localappend_has_one_argument_more)
{
    Server server;
    const std::string got = converse(
        server, "bob", "1 LOCALAPPEND INBOX \"\" {2+}\r\na:\r\n2 LOCALAPPEND INBOX {2+}\r\na:\r\n");
    ck_assert(got.starts_with("1 OK [APPENDUID "));
    ck_assert(got.find("\r\n2 BAD") != got.npos);
    ck_assert_uint_eq(server.count(), 1);
    // The mailbox that is selected at the frontend: URLs of CATENATE are relative to it.
    ck_assert(converse(server, "bob", "1 LOCALAPPEND INBOX INBOX CATENATE (URL ;UID=1)\r\n")
                  .starts_with("1 OK [APPENDUID "));
    ck_assert(converse(server, "bob", "1 LOCALAPPEND INBOX \"\" CATENATE (URL ;UID=1)\r\n")
                  .starts_with("1 NO [BADURL \";UID=1\"] "));
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("append");
    TCase* tests = tcase_create("append");
    tcase_add_test(tests, a_message_arrives_with_flags_and_date);
    tcase_add_test(tests, several_messages_arrive_together_or_not_at_all);
    tcase_add_test(tests, a_missing_mailbox_may_be_created_and_the_literal_is_no_command);
    tcase_add_test(tests, a_message_over_the_limit_is_refused);
    tcase_add_test(tests, what_is_put_together_is_no_larger_than_what_comes_whole);
    tcase_add_test(tests, what_is_not_a_message_is_refused);
    tcase_add_test(tests, what_comes_in_binary_is_kept_encoded);
    tcase_add_test(tests, rights_decide_about_the_message_and_its_flags);
    tcase_add_test(tests, a_mailbox_that_is_half_made_or_on_its_way_takes_nothing);
    tcase_add_test(tests, a_full_disk_appends_nothing_and_keeps_the_connection);
    tcase_add_test(tests, localappend_has_one_argument_more);
    suite_add_tcase(suite, tests);
    return suite;
}
const test::Registered registered(make);

}  // namespace
