#include "lib/base/strings.h"

#include "lib/base/log.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;

START_TEST(joins_and_splits)
{
    ASSERT_EQ_TEXT(cat("a", 1, 'x', size_t{7}, std::string("z")), "a1x7z");
    ck_assert_uint_eq(split("a,b,,c", ',').size(), 4);
    ck_assert_uint_eq(split("a,b,,c", ',', false).size(), 3);
    ck_assert_uint_eq(split_words("  a \t b  ").size(), 2);
    ASSERT_EQ_TEXT(trim(" \t x y \r\n"), "x y");
}
END_TEST

START_TEST(numbers_are_digits_within_a_maximum)
{
    ck_assert(*to_number<uint32_t>("4294967295") == 4294967295u);
    ASSERT_CODE(to_number<uint32_t>("4294967296"), Code::limit);
    ASSERT_CODE(to_number<uint32_t>("99999999999999999999999"), Code::limit);
    ASSERT_CODE(to_number<uint32_t>(""), Code::syntax);
    ASSERT_CODE(to_number<uint32_t>("-1"), Code::syntax);
    ASSERT_CODE(to_number<uint32_t>("1x"), Code::syntax);
    ck_assert(*to_uint64("5", 5) == 5);
    ASSERT_CODE(to_uint64("6", 5), Code::limit);
}
END_TEST

START_TEST(hexadecimal_goes_both_ways)
{
    ASSERT_EQ_TEXT(hex(std::string("\x00\xff\x10", 3)), "00ff10");
    ASSERT_EQ_TEXT(*unhex("00FF10"), std::string("\x00\xff\x10", 3));
    ASSERT_CODE(unhex("0"), Code::syntax);
    ASSERT_CODE(unhex("zz"), Code::syntax);
}
END_TEST

START_TEST(a_log_line_cannot_be_forged)
{
    ASSERT_EQ_TEXT(log::format_line("login", {{"user", "bob\r\nlogin user=root"}}),
                   "login user=\"bob\\x0d\\x0alogin user=root\"");
    ASSERT_EQ_TEXT(log::format_line("x", {{"n", 5}, {"empty", ""}}), "x n=5 empty=\"\"");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/base/strings");
    TCase* c = tcase_create("all");
    tcase_add_test(c, joins_and_splits);
    tcase_add_test(c, numbers_are_digits_within_a_maximum);
    tcase_add_test(c, hexadecimal_goes_both_ways);
    tcase_add_test(c, a_log_line_cannot_be_forged);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
