#include "lib/text/casemap.h"

#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

START_TEST(what_is_equal_and_what_comes_first)
{
    const std::pair<const char*, const char*> equal[] = {
        {"a", "A"},           {"Grüße", "GRÜßE"},  {"été", "e\xcc\x81te\xcc\x81"},
        {"Ａｂ", "aB"},       {"ｶﾞ", "ガ"},        {"①", "1"},
        {"Їжак", "їЖАК"},     {"σς", "ΣΣ"},        {"Ω", "\xe2\x84\xa6"},
        {"½", "1\xe2\x81\x84" "2"}, {"\xff", "\xef\xbf\xbd"}};
    for (const auto& [a, b] : equal) ASSERT_EQ_TEXT(casemap(a), casemap(b));
    const std::pair<const char*, const char*> less[] = {
        {"a", "ä"}, {"az", "ä"}, {"ā", "ä"},  {"ä", "b"},    {"єв", "жа"}, {"ђа", "є"},
        {"z", "_"}, {"z", "ω"},  {"ω", "я"}, {"fine", "ﬁne"}, {"ﬁne", "ß"}, {"ß", "ω"}};
    for (const auto& [a, b] : less) ck_assert_msg(casemap(a) < casemap(b), "%s %s", a, b);
}
END_TEST

// RFC 5051 2: titlecase first, and what that consists of; no letter of it once more.
START_TEST(in_the_order_of_the_steps)
{
    ASSERT_EQ_TEXT(casemap("ǆ"), "Dz\xcc\x8c");
    ASSERT_EQ_TEXT(casemap("ﬁ"), "fi");
    ASSERT_EQ_TEXT(casemap("ΐ"), "ι\xcc\x88\xcc\x81");
    ASSERT_EQ_TEXT(casemap("\xe1\xbb\x87"), "E\xcc\xa3\xcc\x82");
    ASSERT_EQ_TEXT(casemap("\xf0\x9d\x91\x8e\xf0\xaf\xa8\x9d"), "a\xf0\xaa\x98\x80");
    ck_assert(titlecase(U'ǆ') == U'ǅ' && titlecase(U'é') == U'É');
    ck_assert(titlecase(U'ﬁ') == U'ﬁ');
}
END_TEST

START_TEST(what_it_gives_stays_so)
{
    for (char32_t c = 0; c <= 0x10ffff; c++) {
        if (c >= 0xd800 && c < 0xe000) continue;
        ck_assert_uint_eq(titlecase(titlecase(c)), titlecase(c));
        for (const char32_t part : decomposition(c)) ck_assert(decomposition(part).empty());
    }
    ck_assert(decomposition(0xffffffff).empty());
    ck_assert_uint_eq(titlecase(0x10ffff), 0x10ffff);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/casemap");
    TCase* c = tcase_create("all");
    tcase_add_test(c, what_is_equal_and_what_comes_first);
    tcase_add_test(c, in_the_order_of_the_steps);
    tcase_add_test(c, what_it_gives_stays_so);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
