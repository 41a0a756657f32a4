#include "lib/base/strings.h"

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/log_session.h"
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

START_TEST(each_line_of_a_session_names_it)
{
    test::TempDir dir;
    log::to_file(dir.file("log"));
    log::set_session("be1-1-2-3");
    log::notice("one", {{"user", "bob"}});
    log::notice("two", {{"session", "another"}});
    log::set_session({});
    log::notice("three");
    log::to_stderr();
    const std::string text = *read_file(dir.file("log"), 4096);
    ck_assert(text.find(": one user=bob session=be1-1-2-3\n") != std::string::npos);
    ck_assert(text.find(": two session=another\n") != std::string::npos);
    ck_assert(text.find(": three\n") != std::string::npos);
    ASSERT_EQ_TEXT(log::session_named_in("2.1.5 Ok SESSIONID=<a-b>"), "a-b");
    ASSERT_EQ_TEXT(log::session_named_in("2.1.5 Ok SESSIONID=<a-b"), "");
    ASSERT_EQ_TEXT(log::session_named_in("2.1.5 Ok"), "");
}
END_TEST

START_TEST(what_names_a_session_has_its_form)
{
    for (const char* id : {"be1-1-2-3", "fe-1.example.org-812-1795958370-8217030245677548642",
                           "fe-812-1795958370-8217030245677548642-2"})
        ck_assert_msg(log::is_session_id(id), "%s", id);
    const std::string long_one = cat(std::string(120, 'a'), "-1-2-3");
    for (const std::string& id : std::initializer_list<std::string>{
             "", "A01", "be1", "1-2-3", "-1-2-3", "be1-1-2-", "be1-1-2-x", "be1--2-3",
             "be1-1-2-3 user=root", "be1\r\n-1-2-3", "b\xc3\xa9-1-2-3", long_one})
        ck_assert_msg(!log::is_session_id(id), "%s", id.c_str());
}
END_TEST

START_TEST(a_hash_is_the_same_everywhere)
{
    ck_assert_uint_eq(stable_hash(""), 0xcbf29ce484222325u);
    ck_assert_uint_eq(stable_hash("a"), 0xaf63dc4c8601ec8cu);
    ck_assert_uint_eq(stable_hash("foobar"), 0x85944171f73967e8u);
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
    tcase_add_test(c, each_line_of_a_session_names_it);
    tcase_add_test(c, what_names_a_session_has_its_form);
    tcase_add_test(c, a_hash_is_the_same_everywhere);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
