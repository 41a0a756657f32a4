#include "imap/managesieve/reply.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using managesieve::reply;
using managesieve::Word;

START_TEST(replies)
{
    ASSERT_EQ_TEXT(reply(Word::ok, "", ""), "OK\r\n");
    ASSERT_EQ_TEXT(reply(Word::ok, "TAG \"x\"", "Done"), "OK (TAG \"x\") \"Done\"\r\n");
    ASSERT_EQ_TEXT(reply(Word::no, "", "a \"b\" \\"), "NO \"a \\\"b\\\" \\\\\"\r\n");
    ASSERT_EQ_TEXT(reply(Word::bye, "TRYLATER", "x"), "BYE (TRYLATER) \"x\"\r\n");
    ASSERT_EQ_TEXT(reply(Word::no, "", "a\r\nb"), "NO {4}\r\na\r\nb\r\n");
}
END_TEST

START_TEST(strings)
{
    const struct {
        std::string text;
        std::string server;
        std::string client;
    } kCases[] = {
        {"", "\"\"", "\"\""},
        {"gr\xc3\xbcn", "\"gr\xc3\xbcn\"", "\"gr\xc3\xbcn\""},
        {"a\tb", "{3}\r\na\tb", "{3+}\r\na\tb"},
        {"a\nb", "{3}\r\na\nb", "{3+}\r\na\nb"},
        {"\xff", "{1}\r\n\xff", "{1+}\r\n\xff"},
        {std::string("\0", 1), std::string("{1}\r\n\0", 6), std::string("{1+}\r\n\0", 7)},
        {std::string(1025, 'x'), cat("{1025}\r\n", std::string(1025, 'x')),
         cat("{1025+}\r\n", std::string(1025, 'x'))},
    };
    for (const auto& c : kCases) {
        ASSERT_EQ_TEXT(managesieve::to_string(c.text), c.server);
        ASSERT_EQ_TEXT(managesieve::to_client_string(c.text), c.client);
    }
}
END_TEST

// Nothing of a file's name or of another server comes to the client.
START_TEST(errors)
{
    const struct {
        Code code;
        const char* said;
    } kCases[] = {
        {Code::not_found, "NO (NONEXISTENT) \"There is no script of that name\"\r\n"},
        {Code::exists, "NO (ALREADYEXISTS) \"There is a script of that name\"\r\n"},
        {Code::over_quota, "NO (QUOTA/MAXSCRIPTS) \"why\"\r\n"},
        {Code::limit, "NO (QUOTA/MAXSIZE) \"why\"\r\n"},
        {Code::bad_name, "NO \"why\"\r\n"},
        {Code::maintenance, "NO (TRYLATER) \"why\"\r\n"},
        {Code::moved, "NO (TRYLATER) \"The mailbox is being moved, try again later\"\r\n"},
        {Code::reserved, "NO (TRYLATER) \"The mailbox is being moved, try again later\"\r\n"},
        {Code::behind, "NO (TRYLATER) \"Not possible now, try again later\"\r\n"},
        {Code::unavailable, "NO (TRYLATER) \"Not possible now, try again later\"\r\n"},
        {Code::io, "NO (TRYLATER) \"Not possible now, try again later\"\r\n"},
        {Code::denied, "NO (TRYLATER) \"Not possible now, try again later\"\r\n"},
        {Code::busy, "NO (TRYLATER) \"Not possible now, try again later\"\r\n"},
        {Code::no_space, "NO (TRYLATER) \"The disk is full\"\r\n"},
        {Code::corrupt, "NO \"That script cannot be read\"\r\n"},
    };
    for (const auto& c : kCases)
        ASSERT_EQ_TEXT(managesieve::error_reply(Error{c.code, "why"}), c.said);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("reply");
    TCase* c = tcase_create("reply");
    tcase_add_test(c, replies);
    tcase_add_test(c, strings);
    tcase_add_test(c, errors);
    suite_add_tcase(suite, c);
    return suite;
}
const test::Registered registered(make);

}  // namespace
