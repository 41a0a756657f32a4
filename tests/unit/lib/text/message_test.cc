#include "lib/text/message.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

// "type/subtype[bytes of the body]" in brackets of their parents.
void show(std::string& out, const Part& p, std::string_view bytes)
{
    cat_to(out, to_lower(p.type), '/', to_lower(p.subtype));
    if (p.children.empty()) {
        cat_to(out, '=', p.body(bytes));
        return;
    }
    out.push_back('(');
    for (size_t i = 0; i < p.children.size(); i++) {
        if (i > 0) out.push_back(' ');
        show(out, p.children[i], bytes);
    }
    out.push_back(')');
}

std::string show(std::string_view bytes, const Limits& limits = {})
{
    std::string out;
    show(out, parse_message(bytes, limits).root, bytes);
    return out;
}

const std::string kMixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";

START_TEST(parts_lie_where_they_lie)
{
    const std::string m = kMixed + "preamble\r\n"
                                   "--b\r\nContent-Type: text/html\r\n\r\n<p>\r\nx\r\n"
                                   "--b  \r\n\r\n\r\nplain\r\n\r\n"
                                   "--b--\r\nepilogue\r\n--b\r\n";
    ASSERT_EQ_TEXT(show(m), "multipart/mixed(text/html=<p>\r\nx text/plain=\r\nplain\r\n)");
    const auto parsed = parse_message(m);
    ck_assert_uint_eq(parsed.root.children[0].lines, 1);
    ck_assert_uint_eq(parsed.root.children[1].lines, 2);
    ck_assert_uint_eq(parsed.root.end, m.size());
    ASSERT_EQ_TEXT(parsed.root.children[0].header(m), "Content-Type: text/html\r\n\r\n");
    ASSERT_EQ_TEXT(parsed.root.children[1].header(m), "\r\n");
}
END_TEST

START_TEST(nested_multiparts_and_messages)
{
    const std::string m =
        kMixed +
        "--b\r\nContent-Type: multipart/alternative; boundary=\"b b\"\r\n\r\n"
        "--b b\r\n\r\none\r\n--b b\r\n\r\ntwo\r\n--b b--\r\n\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner body\r\n\r\n"
        "--b\r\nContent-Type: Message/Global\r\n\r\nSubject: \u00fc\r\n\r\nin UTF-8\r\n"
        "--b\r\nContent-Type: multipart/digest; boundary=d\r\n\r\n"
        "--d\r\n\r\nSubject: x\r\n\r\nX\r\n--d--\r\n"
        "--b--\r\n";
    ASSERT_EQ_TEXT(show(m), "multipart/mixed(multipart/alternative(text/plain=one text/plain=two) "
                            "message/rfc822(text/plain=inner body\r\n) "
                            "message/global(text/plain=in UTF-8) "
                            "multipart/digest(message/rfc822(text/plain=X)))");
    const auto parsed = parse_message(m);
    const Part& message = parsed.root.children[1];
    ck_assert_uint_eq(message.lines, 3);
    ASSERT_EQ_TEXT(message.children[0].header(m), "Subject: inner\r\n\r\n");
    ck_assert_uint_eq(message.children[0].lines, 1);
}
END_TEST

START_TEST(broken_mime_is_read_all_the_same)
{
    const struct {
        std::string bytes;
        const char* want;
    } table[] = {
        {"", "text/plain="},
        {"\r\n", "text/plain="},
        {"Subject: only a header", "text/plain="},
        {"Subject: x\n\nbare\nlines\n", "text/plain=bare\nlines\n"},
        {"Content-Type: nonsense\r\n\r\nx", "text/plain=x"},
        {"Content-Type: multipart/mixed\r\n\r\nx", "text/plain=x"},
        {"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n", "text/plain=--\r\n"},
        {"Content-Type: multipart/mixed; boundary*1=b\r\n\r\n--b\r\n", "text/plain=--b\r\n"},
        {kMixed +
             "--b\r\nContent-Type: multipart/x; charset=utf-8\r\n\r\nin\r\n--b\r\n\r\nx\r\n--b--",
         "multipart/mixed(text/plain=in text/plain=x)"},
        // A boundary in pieces, in code, and both.
        {"Content-Type: multipart/mixed; boundary*0=\"ab\";\r\n boundary*1=\"cd\"\r\n\r\n"
         "--abcd\r\nContent-Type: text/html\r\n\r\nhello\r\n--abcd--\r\n",
         "multipart/mixed(text/html=hello)"},
        {"Content-Type: multipart/mixed; "
         "boundary*=us-ascii''a%3Db\r\n\r\n--a=b\r\n\r\nx\r\n--a=b--",
         "multipart/mixed(text/plain=x)"},
        {"Content-Type: multipart/mixed; boundary*1*=%3Dc; "
         "boundary*0=b\r\n\r\n--b=c\r\n\r\nx\r\n--b=c--",
         "multipart/mixed(text/plain=x)"},
        {kMixed, "multipart/mixed(text/plain=)"},
        {kMixed + "no boundary", "multipart/mixed(text/plain=)"},
        {kMixed + "--b", "multipart/mixed(text/plain=)"},
        {kMixed + "--b--", "multipart/mixed(text/plain=)"},
        {kMixed + "--bb\r\n\r\nx\r\n--b-\r\n", "multipart/mixed(text/plain=)"},
        {kMixed + "--b\r\n\r\nx", "multipart/mixed(text/plain=x)"},
        {kMixed + "--b\r\n\r\nx\r\n", "multipart/mixed(text/plain=x\r\n)"},
        {kMixed + "--b\n\nx\n--b--\n", "multipart/mixed(text/plain=x)"},
        // The boundary comes within a header.
        {kMixed + "--b\r\nContent-Type: text/html\r\n--b\r\n\r\ny\r\n--b--",
         "multipart/mixed(text/html= text/plain=y)"},
        {kMixed + "--b\r\nContent-Type: message/rfc822\r\n--b--",
         "multipart/mixed(message/rfc822(text/plain=))"},
        // The inner multipart is never closed.
        {kMixed + "--b\r\nContent-Type: multipart/x; "
                  "boundary=i\r\n\r\n--i\r\n\r\nin\r\n--b\r\n\r\nout\r\n--b--",
         "multipart/mixed(multipart/x(text/plain=in) text/plain=out)"},
        // The same boundary again inside: the inner one takes all.
        {kMixed + "--b\r\n" + kMixed + "--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\ny\r\n--b--\r\n",
         "multipart/mixed(multipart/mixed(text/plain=x) text/plain=y)"},
        // A boundary that is the beginning of another.
        {kMixed + "--b\r\nContent-Type: multipart/x; "
                  "boundary=bb\r\n\r\n--bb\r\n\r\nin\r\n--bb--\r\n--b--",
         "multipart/mixed(multipart/x(text/plain=in))"},
        {"Content-Type: text/html\r\nContent-Type: image/gif\r\n\r\nx", "text/html=x"},
    };
    for (const auto& row : table) ASSERT_EQ_TEXT(show(row.bytes), row.want);
}
END_TEST

START_TEST(a_part_lies_within_its_parent_however_it_was_cut)
{
    const std::string m = kMixed + "--b\r\nContent-Type: multipart/x; boundary=i\r\n\r\n"
                                   "--i\r\nContent-Type: text/html\r\n--b--\r\n";
    const auto parsed = parse_message(m);
    const Part& inner = parsed.root.children[0];
    ck_assert_uint_le(inner.children[0].body_begin, inner.end);
    ck_assert_uint_eq(inner.children[0].end, inner.end);
}
END_TEST

START_TEST(depth_and_number_of_parts_have_limits)
{
    std::string deep;
    for (int i = 0; i < 3000; i++) cat_to(deep, "Content-Type: message/rfc822\r\n\r\n");
    const Limits limits{3, 5};
    std::string want = "message/rfc822(message/rfc822(message/rfc822(application/octet-stream=";
    ck_assert(show(deep, limits).starts_with(want));
    parse_message(deep);

    std::string nested;
    for (int i = 0; i < 3000; i++)
        cat_to(nested, "Content-Type: multipart/mixed; boundary=x", i, "\r\n\r\n--x", i, "\r\n");
    ASSERT_EQ_TEXT(
        show(nested, limits),
        "multipart/mixed(multipart/mixed(multipart/mixed(multipart/mixed(text/plain=))))");

    std::string wide = kMixed;
    for (int i = 0; i < 3000; i++) cat_to(wide, "--b\r\n\r\n", i, "\r\n");
    ASSERT_EQ_TEXT(show(wide, limits),
                   "multipart/mixed(text/plain=0 text/plain=1 text/plain=2 text/plain=3)");
    ck_assert_uint_eq(parse_message(wide).root.children.size(), 3000);
}
END_TEST

START_TEST(the_fields_of_a_part)
{
    const std::string m =
        "Content-Type: image/png; name=x\r\nContent-Transfer-Encoding: Base64\r\n"
        "Content-ID: <1@x>\r\nContent-Description: a\r\n picture\r\nContent-MD5: abc\r\n"
        "Content-Location: http://x/\r\nContent-Language: en, de\r\n"
        "Content-Disposition: inline; filename=y\r\n\r\n";
    const Part p = parse_message(m).root;
    ASSERT_EQ_TEXT(p.encoding, "BASE64");
    ASSERT_EQ_TEXT(*p.id, "<1@x>");
    ASSERT_EQ_TEXT(*p.description, "a picture");
    ASSERT_EQ_TEXT(*p.md5, "abc");
    ASSERT_EQ_TEXT(*p.location, "http://x/");
    ck_assert_uint_eq(p.languages.size(), 2);
    ASSERT_EQ_TEXT(p.disposition->value, "INLINE");
    ASSERT_EQ_TEXT(*p.param("NAME"), "x");
    ck_assert(!p.param("CHARSET"));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/message");
    TCase* c = tcase_create("all");
    tcase_add_test(c, parts_lie_where_they_lie);
    tcase_add_test(c, nested_multiparts_and_messages);
    tcase_add_test(c, broken_mime_is_read_all_the_same);
    tcase_add_test(c, a_part_lies_within_its_parent_however_it_was_cut);
    tcase_add_test(c, depth_and_number_of_parts_have_limits);
    tcase_add_test(c, the_fields_of_a_part);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
