#include "imap/pop3/reply.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;

START_TEST(replies)
{
    ASSERT_EQ_TEXT(pop3::ok("2 320"), "+OK 2 320\r\n");
    ASSERT_EQ_TEXT(pop3::ok(""), "+OK\r\n");
    ASSERT_EQ_TEXT(pop3::err("", "No such message"), "-ERR No such message\r\n");
    ASSERT_EQ_TEXT(pop3::err("AUTH", "no"), "-ERR [AUTH] no\r\n");
    ASSERT_EQ_TEXT(pop3::err("", "a\r\n+OK b\x7f"), "-ERR a+OK b\r\n");
    ck_assert_uint_le(pop3::err("SYS/TEMP", std::string(5000, 'x')).size(), 512);
}
END_TEST

// Nothing of a file's name or of another server comes to the client.
START_TEST(errors)
{
    const struct {
        Code code;
        const char* said;
    } kCases[] = {
        {Code::syntax, "-ERR why\r\n"},
        {Code::limit, "-ERR why\r\n"},
        {Code::not_found, "-ERR No such message\r\n"},
        {Code::denied, "-ERR [SYS/PERM] Permission denied\r\n"},
        {Code::busy, "-ERR [IN-USE] The maildrop is in use by another session\r\n"},
        {Code::corrupt, "-ERR [SYS/PERM] why\r\n"},
        {Code::maintenance, "-ERR [SYS/TEMP] why\r\n"},
        {Code::moved, "-ERR [SYS/TEMP] The mailbox is being moved, try again later\r\n"},
        {Code::reserved, "-ERR [SYS/TEMP] The mailbox is being moved, try again later\r\n"},
        {Code::unavailable, "-ERR [SYS/TEMP] Not possible now, try again later\r\n"},
        {Code::behind, "-ERR [SYS/TEMP] Not possible now, try again later\r\n"},
        {Code::io, "-ERR [SYS/TEMP] Not possible now, try again later\r\n"},
        {Code::no_space, "-ERR [SYS/TEMP] Not possible now, try again later\r\n"},
        {Code::config, "-ERR [SYS/TEMP] Not possible now, try again later\r\n"},
    };
    for (const auto& c : kCases) ASSERT_EQ_TEXT(pop3::error_reply(Error{c.code, "why"}), c.said);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("reply");
    TCase* c = tcase_create("reply");
    tcase_add_test(c, replies);
    tcase_add_test(c, errors);
    suite_add_tcase(suite, c);
    return suite;
}
const test::Registered registered(make);

}  // namespace
