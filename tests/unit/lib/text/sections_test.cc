#include "lib/text/sections.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

std::string get(const std::string& m, std::vector<uint32_t> path, SectionText what)
{
    const auto found = find_section(sections(parse_message(m)), path, what);
    ASSERT_OK(found);
    if (!*found) return "NIL";
    return m.substr((*found)->offset, (*found)->size);
}

using enum SectionText;

START_TEST(a_message_without_parts_is_its_part_one)
{
    const std::string m = "Subject: x\r\n\r\nbody\r\n";
    ASSERT_EQ_TEXT(get(m, {}, whole), m);
    ASSERT_EQ_TEXT(get(m, {}, header), "Subject: x\r\n\r\n");
    ASSERT_EQ_TEXT(get(m, {}, SectionText::text), "body\r\n");
    ASSERT_EQ_TEXT(get(m, {1}, whole), "body\r\n");
    ASSERT_EQ_TEXT(get(m, {1}, mime), "Subject: x\r\n\r\n");
    ASSERT_EQ_TEXT(get(m, {1}, header), "NIL");
    ASSERT_EQ_TEXT(get(m, {1}, SectionText::text), "NIL");
    ASSERT_EQ_TEXT(get(m, {2}, whole), "NIL");
    ASSERT_EQ_TEXT(get(m, {0}, whole), "NIL");
    ASSERT_EQ_TEXT(get(m, {1, 1}, whole), "NIL");
}
END_TEST

START_TEST(parts_over_999_are_there)
{
    std::string m = "Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\r\n\r\n";
    for (int i = 1; i <= 5000; i++) cat_to(m, "--ab\r\n\r\npart ", i, "\r\n");
    m.append("--ab--\r\n");
    for (uint32_t n : {1u, 999u, 1000u, 1001u, 5000u})
        ASSERT_EQ_TEXT(get(m, {n}, whole), cat("part ", n));
    ASSERT_EQ_TEXT(get(m, {5001}, whole), "NIL");
}
END_TEST

START_TEST(numbers_go_down_the_tree)
{
    const std::string m =
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\n\r\nfirst\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
        "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nc1\r\n--c\r\nX: "
        "y\r\n\r\nc2\r\n--c--\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: s\r\n\r\nplain\r\n"
        "--b\r\nContent-Type: multipart/x; boundary=d\r\n\r\n--d\r\n\r\nd1\r\n--d--\r\n"
        "--b\r\nContent-Type: message/global\r\n\r\nSubject: \u00fc\r\n\r\nglobal\r\n"
        "--b--\r\n";
    ASSERT_EQ_TEXT(get(m, {1}, whole), "first");
    ASSERT_EQ_TEXT(get(m, {2}, mime), "Content-Type: message/rfc822\r\n\r\n");
    ASSERT_EQ_TEXT(get(m, {2}, header), "Content-Type: multipart/mixed; boundary=c\r\n\r\n");
    ASSERT_EQ_TEXT(get(m, {2, 1}, whole), "c1");
    ASSERT_EQ_TEXT(get(m, {2, 2}, whole), "c2");
    ASSERT_EQ_TEXT(get(m, {2, 2}, mime), "X: y\r\n\r\n");
    ASSERT_EQ_TEXT(get(m, {2, 2}, header), "NIL");
    ASSERT_EQ_TEXT(get(m, {2, 3}, whole), "NIL");
    ASSERT_EQ_TEXT(get(m, {3}, SectionText::text), "plain");
    ASSERT_EQ_TEXT(get(m, {3}, whole), "Subject: s\r\n\r\nplain");
    ASSERT_EQ_TEXT(get(m, {3, 1}, whole), "plain");
    ASSERT_EQ_TEXT(get(m, {3, 1}, mime), "Subject: s\r\n\r\n");
    ASSERT_EQ_TEXT(get(m, {3, 2}, whole), "NIL");
    ASSERT_EQ_TEXT(get(m, {4, 1}, whole), "d1");
    ASSERT_EQ_TEXT(get(m, {4}, header), "NIL");
    ASSERT_EQ_TEXT(get(m, {5}, header), "Subject: \u00fc\r\n\r\n");
    ASSERT_EQ_TEXT(get(m, {5, 1}, whole), "global");
    ASSERT_EQ_TEXT(get(m, {6}, whole), "NIL");
}
END_TEST

START_TEST(a_table_from_a_bad_disk_is_refused_not_followed)
{
    const std::string m = "Content-Type: multipart/mixed; "
                          "boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n";
    const std::string table = sections(parse_message(m));
    const std::vector<uint32_t> second = {2};
    for (size_t n = 0; n < table.size(); n++)
        ASSERT_CODE(find_section(std::string_view(table).substr(0, n), second, whole),
                    Code::corrupt);
    for (size_t i = 0; i < table.size(); i++) {
        for (int v = 0; v < 256; v++) {
            std::string broken = table;
            broken[i] = static_cast<char>(v);
            (void)find_section(broken, second, whole).ok();
        }
    }
    std::string deep(1, '\1');
    for (int i = 0; i < 100000; i++) deep.append(std::string("\2\0\0\0", 4));
    std::string wide = std::string("\1\1\0\0\0\2", 6) + deep.substr(1);
    ASSERT_CODE(find_section(wide, second, whole), Code::corrupt);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/sections");
    TCase* c = tcase_create("all");
    tcase_add_test(c, a_message_without_parts_is_its_part_one);
    tcase_add_test(c, parts_over_999_are_there);
    tcase_add_test(c, numbers_go_down_the_tree);
    tcase_add_test(c, a_table_from_a_bad_disk_is_refused_not_followed);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
