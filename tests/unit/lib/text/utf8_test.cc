#include "lib/text/utf8.h"

#include "tests/unit/unit.h"

namespace {

using namespace rookery::text;

START_TEST(code_points_go_both_ways)
{
    for (char32_t c : {U'\0', U'a', U'\x7f', U'\x80', U'\x7ff', U'\x800', U'\xffff', U'\U00010000',
                       U'\U0010ffff'}) {
        std::string s;
        append_utf8(s, c);
        size_t pos = 0;
        ck_assert_uint_eq(next_code_point(s, pos), c);
        ck_assert_uint_eq(pos, s.size());
    }
}
END_TEST

START_TEST(what_is_not_utf8_is_seen)
{
    for (const char* s : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xc3", "\xe2\x82", "a\xff"})
        ck_assert_msg(!is_utf8(s), "%s", s);
    ck_assert(is_utf8("gr\xc3\xbc\xc3\x9f"));
    ASSERT_EQ_TEXT(repair_utf8("a\xff\x62\xc3"), "a\xef\xbf\xbd"
                                                 "b\xef\xbf\xbd");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/utf8");
    TCase* c = tcase_create("all");
    tcase_add_test(c, code_points_go_both_ways);
    tcase_add_test(c, what_is_not_utf8_is_seen);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
