// The first words of a message, and the words of HTML.
#include "lib/text/preview.h"

#include "lib/base/strings.h"
#include "lib/text/html_text.h"
#include "lib/text/utf8.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::text;

namespace {

std::string of(std::string_view message)
{
    return preview(message, parse_message(message));
}

START_TEST(html_loses_its_markup)
{
    const struct {
        const char* html;
        const char* words;
    } table[] = {
        {"plain", "plain"},
        {"a<b>b</b>c", "abc"},
        {"a<br>b", "a\nb"},
        {"<td>a</td><td>b</td>", "\na\n\nb\n"},
        {"<!-- <p>x --> a", " a"},
        {"a<!-- never closed", "a"},
        {"<style>p { a > b }</style>c", "\nc"},
        {"<SCRIPT src='>'>if (a < b) x();</script >c", "\nc"},
        {"<title>t</title>c", "\nc"},
        {"<style>never closed", "\n"},
        {"<a title=\"x > y\" href='>'>l</a>", "l"},
        {"1 < 2 && 3 > 2", "1 < 2 && 3 > 2"},
        {"&lt;p&gt; &amp;amp; &quot;", "<p> &amp; \""},
        {"Gr&uuml;&szlig;e &#8364;&#x20AC;", "Gr\xc3\xbc\xc3\x9f" "e \xe2\x82\xac\xe2\x82\xac"},
        {"&none; &; &#; &#xg; &#99999999999;", "&none; &; &#; &#xg; &#99999999999;"},
        {"&#1114112;&#55296;", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"a<blockquote>b<blockquote>c</blockquote>d</blockquote>e", "a\ne"},
        {"</blockquote>a", "\na"},
        {"a<", "a<"},
        {"a</", "a\n"},
        {"a<p", "a\n"},
        {"", ""},
    };
    for (const auto& row : table)
        ck_assert_msg(html_text(row.html, Quotes::left_out, 1000) == row.words, "%s: got %s",
                      row.html, html_text(row.html, Quotes::left_out, 1000).c_str());
    ASSERT_EQ_TEXT(html_text("<blockquote>a</blockquote>", Quotes::kept, 9), "\na\n");
    ck_assert(html_text(std::string(5000, 'x') + "<b>y", Quotes::kept, 100).size() == 5000);
}
END_TEST

START_TEST(the_part_that_is_there_to_be_read)
{
    const std::string multipart =
        "Content-Type: multipart/mixed; boundary=m\r\n\r\n"
        "--m\r\nContent-Type: application/pdf\r\n\r\nraw\r\n"
        "--m\r\nContent-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nfile\r\n"
        "--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nenclosed\r\n"
        "--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
        "--a\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n"
        "--a\r\nContent-Type: text/plain\r\n\r\n";
    ASSERT_EQ_TEXT(of(multipart + "plain\r\n--a--\r\n--m--\r\n"), "plain");
    ASSERT_EQ_TEXT(of(multipart + " \r\n--a--\r\n--m--\r\n"), "html");
    ASSERT_EQ_TEXT(of("Content-Type: multipart/encrypted; boundary=m\r\n\r\n--m\r\n\r\nVersion: "
                      "1\r\n--m--\r\n"),
                   "");
    ASSERT_EQ_TEXT(of("Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n"), "");
    ASSERT_EQ_TEXT(of("Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nenclosed\r\n"), "");
    ASSERT_EQ_TEXT(of("Subject: nothing\r\n\r\n"), "");
    ASSERT_EQ_TEXT(of(""), "");
}
END_TEST

START_TEST(text_is_decoded_and_in_one_line)
{
    ASSERT_EQ_TEXT(of("Content-Type: text/plain; charset=iso-8859-1\r\n"
                      "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                      "\r\n  Gr=FC=\r\n=DFe,\r\n\r\n\tzwei\xa0 drei\r\n"),
                   "Gr\xc3\xbc\xc3\x9f" "e, zwei drei");
    ASSERT_EQ_TEXT(of("Content-Type: text/html; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: base64\r\n\r\nPHA+SMOkPC9wPg==\r\n"),
                   "H\xc3\xa4");
    ASSERT_EQ_TEXT(of("\r\nraw \xe4\x01\x7f\xe2\x80\x8b\xef\xbb\xbf end\r\n"),
                   "raw \xc3\xa4 end");
    ASSERT_EQ_TEXT(of("\r\n> their words\r\nmine\r\n-- \r\nBob\r\n"), "mine");
    ASSERT_EQ_TEXT(of("\r\n> their words\r\n"), "> their words");
    ASSERT_EQ_TEXT(of("Content-Type: text/html\r\n\r\n<blockquote>theirs</blockquote>"), "theirs");
}
END_TEST

START_TEST(it_is_short_whatever_the_message_is)
{
    std::string wide = "Content-Type: text/plain; charset=utf-8\r\n\r\n";
    for (int i = 0; i < 400; i++) wide += "\xf0\x9f\x90\xa6";
    const std::string words = of(wide);
    ck_assert_uint_eq(words.size(), 4 * kPreviewCharacters);
    ck_assert(is_utf8(words));
    ck_assert_uint_le(of("\r\n" + std::string(5000, 'x')).size(), kPreviewCharacters);
    // A space is not the last of them.
    const std::string spaced = of("\r\n" + std::string(199, 'x') + " yy");
    ASSERT_EQ_TEXT(spaced, std::string(199, 'x'));
    // Behind what is looked at there may be words.
    const std::string late = cat("Content-Type: text/html\r\n\r\n<style>",
                                 std::string(kMaxPreviewSource, 'x'), "</style>late");
    ASSERT_EQ_TEXT(of(late), "");
    std::string many = "Content-Type: multipart/mixed; boundary=m\r\n\r\n";
    for (size_t i = 0; i < kMaxPreviewParts; i++) many += "--m\r\n\r\n \r\n";
    ASSERT_EQ_TEXT(of(many + "--m\r\n\r\nlast\r\n--m--\r\n"), "");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/preview");
    TCase* c = tcase_create("all");
    tcase_add_test(c, html_loses_its_markup);
    tcase_add_test(c, the_part_that_is_there_to_be_read);
    tcase_add_test(c, text_is_decoded_and_in_one_line);
    tcase_add_test(c, it_is_short_whatever_the_message_is);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
