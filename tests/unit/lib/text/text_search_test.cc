#include "lib/text/text_search.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

START_TEST(case_is_folded_in_all_scripts_that_have_it)
{
    ck_assert(contains_folded("Die GR\xc3\x9cNE Wiese", "gr\xc3\xbcne"));
    ck_assert(contains_folded("\xce\xa3\xce\x99\xce\x93\xce\x9c\xce\x91\xcf\x82",
                              "\xcf\x83\xce\xb9\xce\xb3\xce\xbc\xce\xb1\xcf\x83"));
    ck_assert(contains_folded("\xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2",
                              "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"));
    ck_assert(contains_folded("\xc4\x8c", "\xc4\x8d"));
    ck_assert(contains_folded("\xc5\xbb", "\xc5\xbc"));
    ck_assert(!contains_folded("\xc5\xba", "\xc5\xbb"));
    ck_assert(!contains_folded("abc", "abd"));
    ck_assert(contains_folded("abc", ""));
    ck_assert(contains_folded("", ""));
}
END_TEST

START_TEST(a_match_may_lie_across_pieces)
{
    TextMatcher m("aab");
    m.start();
    for (char c : std::string("xaa")) ck_assert(!m.feed(std::string_view(&c, 1)));
    ck_assert(m.feed("B"));
    m.start();
    ck_assert(!m.feed("b"));
}
END_TEST

START_TEST(bodies_are_searched_as_they_read)
{
    const std::string m =
        "Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n"
        "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
        "quoted-printable\r\n\r\n"
        "gr=FC=\r\nn\r\n"
        "--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "SGVsbG8gV29ybGQ=\r\n"
        "--b\r\nContent-Type: image/png\r\n\r\nneedle\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: "
        "=?utf-8?q?h=C3=B6r?=\r\n\r\nenclosed\r\n"
        "--b--\r\n";
    const auto p = parse_message(m);
    for (const char* s : {"Gr\xc3\xbcn", "hello world", "ENCLOSED", "h\xc3\xb6r", "subject: h", ""})
        ck_assert_msg(body_contains(m, p, s), "%s", s);
    for (const char* s : {"needle", "outer", "preamble", "=FC", "SGVs"})
        ck_assert_msg(!body_contains(m, p, s), "%s", s);
    ck_assert(
        header_contains("Subject: =?utf-8?q?h=C3=B6?=\r\n =?utf-8?q?r?=\r\n\r\n", "H\xc3\x96R"));
    ck_assert(!header_contains("Subject: a\r\n\r\nz", "z"));
}
END_TEST

START_TEST(a_large_body_is_searched_to_its_end)
{
    for (size_t pad = 32760; pad < 32776; pad++) {
        const std::string m = "\r\n" + std::string(pad, 'x') +
                              "N\xc3\x9c"
                              "DEL";
        ck_assert(body_contains(m, parse_message(m),
                                "n\xc3\xbc"
                                "del"));
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/text_search");
    TCase* c = tcase_create("all");
    tcase_add_test(c, case_is_folded_in_all_scripts_that_have_it);
    tcase_add_test(c, a_match_may_lie_across_pieces);
    tcase_add_test(c, bodies_are_searched_as_they_read);
    tcase_add_test(c, a_large_body_is_searched_to_its_end);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
