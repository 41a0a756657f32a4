// Reports: tables within a number of columns, and what programs read.
#include "imap/admin/murder/report.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::admin::murder;
using admin::Colour;

Report sample()
{
    Report report;
    Section& s = report.section("servers", "Servers", {"server", "state", "n", "days"});
    s.rows.push_back({"mail1.example.org", "answers", Value::number(7),
                      Value::number(std::optional<int64_t>(90))});
    s.rows.push_back({"mail2.example.org", "unreachable: the connection was refused by the peer",
                      Value::number(12345), Value::number(std::optional<int64_t>())});
    report.section("none", "Nothing", {"x"});
    return report;
}

START_TEST(a_table_is_as_wide_as_it_needs)
{
    ASSERT_EQ_TEXT(
        sample().to_text(100),
        "Servers\n"
        "  server            state                                                   n days\n"
        "  mail1.example.org answers                                                 7   90\n"
        "  mail2.example.org unreachable: the connection was refused by the peer 12345    -\n");
}
END_TEST

START_TEST(what_does_not_fit_goes_on_in_the_next_line)
{
    ASSERT_EQ_TEXT(sample().to_text(54), "Servers\n"
                                         "  server            state                       n days\n"
                                         "  mail1.example.org answers                     7   90\n"
                                         "  mail2.example.org unreachable: the        12345    -\n"
                                         "                    connection was refused\n"
                                         "                    by the peer\n");
    // A word that is too long is cut; no line is wider, and nothing is lost.
    Report report;
    report.section("a", "A", {"name", "other"})
        .rows.push_back({std::string(100, 'x'), cat("\u00fc", std::string(30, 'y'))});
    for (size_t width = 22; width < 140; width += 7) {
        const std::string text = report.to_text(width);
        size_t x = 0;
        size_t y = 0;
        for (const std::string_view line : split(text, '\n')) {
            ck_assert_uint_le(admin::columns_of(line), width);
            for (char c : line) {
                x += c == 'x' ? 1 : 0;
                y += c == 'y' ? 1 : 0;
            }
        }
        ck_assert_uint_eq(x, 100);
        ck_assert_uint_eq(y, 30);
    }
}
END_TEST

START_TEST(colours_only_where_they_are_wanted)
{
    Report report;
    report.section("a", "A", {"state"}).rows.push_back({Value("bad").in(Colour::bad)});
    ASSERT_EQ_TEXT(report.to_text(80), "A\n  state\n  bad\n");
    ASSERT_EQ_TEXT(report.to_text(80, true), "\033[1mA\033[0m\n  state\n  \033[1;31mbad\033[0m\n");
}
END_TEST

START_TEST(programs_read_numbers_and_null)
{
    ASSERT_EQ_TEXT(
        sample().to_json("fine"),
        "{\"result\": \"fine\",\n \"servers\": [\n"
        "  {\"server\": \"mail1.example.org\", \"state\": \"answers\", \"n\": 7, \"days\": 90},\n"
        "  {\"server\": \"mail2.example.org\", \"state\": "
        "\"unreachable: the connection was refused by the peer\", \"n\": 12345, \"days\": null}],\n"
        " \"none\": []}\n");
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("report");
    TCase* tcase = tcase_create("report");
    tcase_add_test(tcase, a_table_is_as_wide_as_it_needs);
    tcase_add_test(tcase, what_does_not_fit_goes_on_in_the_next_line);
    tcase_add_test(tcase, colours_only_where_they_are_wanted);
    tcase_add_test(tcase, programs_read_numbers_and_null);
    suite_add_tcase(suite, tcase);
    return suite;
}
const test::Registered registered(make);

}  // namespace
