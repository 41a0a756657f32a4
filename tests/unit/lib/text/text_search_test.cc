#include "lib/text/text_search.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

bool in_body(const std::string& m, std::string_view needle)
{
    TextMatcher matcher(needle);
    return body_contains(m, parse_message(m), matcher);
}

bool in_header(std::string_view header, std::string_view needle)
{
    TextMatcher matcher(needle);
    return header_contains(header, matcher);
}

START_TEST(case_is_folded_in_all_scripts_that_have_it)
{
    ck_assert(contains_folded("Die GR\xc3\x9cNE Wiese", "gr\xc3\xbcne"));
    ck_assert(contains_folded("\xce\xa3\xce\x99\xce\x93\xce\x9c\xce\x91\xcf\x82",
                              "\xcf\x83\xce\xb9\xce\xb3\xce\xbc\xce\xb1\xcf\x83"));
    ck_assert(contains_folded("\xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2",
                              "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"));
    ck_assert(contains_folded("\xc4\x8c", "\xc4\x8d"));
    ck_assert(contains_folded("\xc5\xbb", "\xc5\xbc"));
    ck_assert(!contains_folded("\xc5\xba", "\xc5\xbb", {SearchForm::Spaces::keep, false}));
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
    for (const char* s : {"Gr\xc3\xbcn", "hello world", "ENCLOSED", "h\xc3\xb6r", "subject: h", ""})
        ck_assert_msg(in_body(m, s), "%s", s);
    for (const char* s : {"needle", "outer", "preamble", "=FC", "SGVs"})
        ck_assert_msg(!in_body(m, s), "%s", s);
    ck_assert(in_header("Subject: =?utf-8?q?h=C3=B6?=\r\n =?utf-8?q?r?=\r\n\r\n", "H\xc3\x96R"));
    ck_assert(!in_header("Subject: a\r\n\r\nz", "z"));
}
END_TEST

START_TEST(a_large_body_is_searched_to_its_end)
{
    for (size_t pad = 32760; pad < 32776; pad++) {
        const std::string m = "\r\n" + std::string(pad, 'x') +
                              "N\xc3\x9c"
                              "DEL";
        ck_assert(in_body(m, "n\xc3\xbc"
                             "del"));
    }
}
END_TEST

// What a client shows of a part: names of files, descriptions, types. The header of the message
// itself is not its body.
START_TEST(headers_of_parts_are_searched)
{
    const std::string m = "Content-Type: multipart/mixed; boundary=b; x-root=yes\r\n\r\n"
                          "--b\r\nContent-Type: image/png; name=\"=?utf-8?q?=C3=BCber.png?=\"\r\n"
                          "Content-Disposition: attachment; filename*0*=utf-8''Jahres%C3;\r\n "
                          "filename*1*=%A4bschluss;"
                          "\r\n filename*2=\" 2026.pdf\"\r\nContent-Description: "
                          "=?utf-8?b?w6TDtg==?=\r\n\r\npixels\r\n"
                          "--b\r\nContent-Type: multipart/x; boundary=c\r\n\r\n"
                          "--c\r\nX-Inner: deep\r\nContent-Type: text/plain; name*0=con; "
                          "name*1=tract.txt\r\n\r\ntext\r\n"
                          "--c--\r\n--b--\r\n";
    for (const char* s :
         {"\xc3\xbc"
          "ber.png",
          "uber.png",
          "Jahres\xc3\xa4"
          "bschluss 2026.pdf",
          "jahresabschluss 2026", "\xc3\xa4\xc3\xb6", "x-inner: deep", "contract.txt", "image/png"})
        ck_assert_msg(in_body(m, s), "%s", s);
    for (const char* s : {"pixels", "x-root", "boundary=b"}) ck_assert_msg(!in_body(m, s), "%s", s);
    const char* root = "Content-Type: application/pdf; name*=iso-8859-1''caf%E9.pdf\r\n\r\n";
    ck_assert(in_header(root, "cafe.pdf") && !in_body(root, "cafe.pdf"));
}
END_TEST

START_TEST(marks_go_and_spaces_are_one)
{
    const struct {
        const char* text;
        const char* form;
        const char* with_marks;
    } table[] = {
        {"Café", "CAFE", "CAFE\xcc\x81"},
        {"Cafe\xcc\x81", "CAFE", "CAFE\xcc\x81"},
        {"āČžőş", "ACZOS", "A\xcc\x84"
                           "C\xcc\x8cZ\xcc\x8cO\xcc\x8bS\xcc\xa7"},
        {"Việt", "VIET", "VIE\xcc\xa3\xcc\x82T"},
        {"άΐἄ", "ΑΙΑ", "Α\xcc\x81Ι\xcc\x88\xcc\x81Α\xcc\x93\xcc\x81"},
        {"ЙЁ", "ИЕ", "И\xcc\x86Е\xcc\x88"},
        {"øđłßæẞσς", "ØĐŁßÆßΣΣ", "ØĐŁßÆßΣΣ"},
        {"が가", "か\xe3\x82\x99가", "か\xe3\x82\x99가"},
        {"×÷", "×÷", "×÷"},
        {"ᾠδή", "ΩΔΗ", "Ω\xcc\x93\xcd\x85ΔΗ\xcc\x81"},
        {"ω\xcc\x93\xcd\x85", "Ω", "Ω\xcc\x93\xcd\x85"},
        {"ﬁne ＡＢｃ ｶﾀ ① ǆ", "FINE ABC カタ 1 DZ", "FINE ABC カタ 1 DZ\xcc\x8c"},
        {"\xff", "\xef\xbf\xbd", "\xef\xbf\xbd"},
    };
    for (const auto& row : table) {
        ASSERT_EQ_TEXT(search_form(row.text, {}), row.form);
        ASSERT_EQ_TEXT(search_form(row.text, {SearchForm::Spaces::keep, false}), row.with_marks);
    }
    ASSERT_EQ_TEXT(search_form(" a \r\n\tb\xc2\xa0\xe3\x80\x80 c ", {}), " A B C ");
    ASSERT_EQ_TEXT(search_form("a \xc2\xa8 b", {}), "A B");
    ASSERT_EQ_TEXT(search_form(" a \r\nb", {SearchForm::Spaces::skip, true}), "AB");
    TextMatcher m("a b");
    m.start();
    for (const char* piece : {"a", " ", "\r\n", "\t", "b"}) m.feed(piece);
    ck_assert(m.found());
    m.start();
    for (const char* piece : {"a", "b"}) m.feed(piece);
    ck_assert(!m.found());
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
    tcase_add_test(c, headers_of_parts_are_searched);
    tcase_add_test(c, marks_go_and_spaces_are_one);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
