// The list of users who are kept out.
#include "imap/session/user_deny.h"

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::session;

std::string denial(std::string_view file, std::string_view user, std::string_view service)
{
    return find_denial(file, user, service).value_or("(welcome)");
}

START_TEST(the_last_pattern_that_fits_counts)
{
    const std::string_view file = "ann\t2\timap\tNot now\n"
                                  "bob\t2\t*,!sieve\tCall us\n"
                                  "eve\t2\t!imap,*\t\n"
                                  "old\t1\tpop[0-9]\n";
    ASSERT_EQ_TEXT(denial(file, "ann", "imap"), "Not now");
    ASSERT_EQ_TEXT(denial(file, "ann", "imaps"), "(welcome)");
    ASSERT_EQ_TEXT(denial(file, "an", "imap"), "(welcome)");
    ASSERT_EQ_TEXT(denial(file, "annx", "imap"), "(welcome)");
    ASSERT_EQ_TEXT(denial(file, "bob", "imap"), "Call us");
    ASSERT_EQ_TEXT(denial(file, "bob", "sieve"), "(welcome)");
    ASSERT_EQ_TEXT(denial(file, "eve", "imap"), "Access to this service has been blocked");
    ASSERT_EQ_TEXT(denial(file, "old", "pop3"), "Access to this service has been blocked");
    ASSERT_EQ_TEXT(denial(file, "old", "imap"), "(welcome)");
}
END_TEST

START_TEST(what_cannot_be_read_denies_nothing)
{
    for (std::string_view file : {"ann", "ann\t", "ann\t2", "ann\t3\t*\tx", "ann\tx\t*\tx",
                                  "\t2\t*", "ann\t2\t\tx", "ann\t2\t[\tx"})
        ASSERT_EQ_TEXT(denial(file, "ann", "imap"), "(welcome)");
    // As Cyrus writes tabs within a value.
    ASSERT_EQ_TEXT(denial("ann\t2\xff\x89*\xff\x89No\x01 way", "ann", "imap"), "No way");
    ck_assert_uint_eq(denial(cat("ann\t2\t*\t", std::string(5000, 'x')), "ann", "imap").size(),
                      kMaxDenialText);
    test::TempDir dir;
    auto none = read_denial(dir.file("none"), "ann", "imap");
    ASSERT_OK(none);
    ck_assert(!*none);
    ASSERT_OK(replace_file(dir.file("deny"), "ann\t2\t*\tx\n"));
    auto some = read_denial(dir.file("deny"), "ann", "imap");
    ASSERT_OK(some);
    ASSERT_EQ_TEXT(some->value_or(""), "x");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/session/user_deny");
    TCase* c = tcase_create("all");
    tcase_add_test(c, the_last_pattern_that_fits_counts);
    tcase_add_test(c, what_cannot_be_read_denies_nothing);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
