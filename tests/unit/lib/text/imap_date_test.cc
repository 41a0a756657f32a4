#include "lib/text/imap_date.h"

#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

START_TEST(date_times_go_both_ways)
{
    const struct {
        const char* text;
        int64_t seconds;
        int zone;
    } table[] = {
        {" 1-Jan-1970 00:00:00 +0000", 0, 0},
        {" 7-Feb-1994 21:52:25 -0800", 760686745, -480},
        {"29-Feb-2000 23:59:59 +1400", 951818399, 840},
        {"31-Dec-1969 23:00:00 -0030", -1800, -30},
        {"24-Nov-2026 03:42:40 +0530", 1795471960, 330},
    };
    for (const auto& row : table) {
        const auto parsed = parse_date_time(row.text);
        ASSERT_OK(parsed);
        ck_assert_int_eq(parsed->seconds, row.seconds);
        ck_assert_int_eq(parsed->zone_minutes, row.zone);
        ASSERT_EQ_TEXT(format_date_time(*parsed), row.text);
    }
    ASSERT_OK(parse_date_time("7-feb-1994 21:52:25 -0800"));
    ASSERT_OK(parse_date_time("07-FEB-1994 21:52:25 -0800"));
}
END_TEST

START_TEST(wrong_dates_are_refused)
{
    for (const char* s :
         {"", "29-Feb-1900 00:00:00 +0000", "31-Apr-2020 00:00:00 +0000",
          "0-Jan-2020 00:00:00 +0000", "1-Foo-2020 00:00:00 +0000", "1-Jan-20 00:00:00 +0000",
          "1-Jan-2020 24:00:00 +0000", "1-Jan-2020 00:60:00 +0000", "1-Jan-2020 00:00 +0000",
          "1-Jan-2020 00:00:00 GMT", "1-Jan-2020 00:00:00 +00:00", "1-Jan-2020  00:00:00 +0000",
          "1-Jan-99999 00:00:00 +0000"})
        ASSERT_CODE(parse_date_time(s), Code::syntax);
    for (const char* s :
         {"", "\"", "\"\"", "1-Jan-20", "1 Jan 2020", "-1-Jan-2020", "1-January-2020"})
        ASSERT_CODE(parse_date(s), Code::syntax);
}
END_TEST

START_TEST(days_disregard_the_time)
{
    ck_assert_int_eq(*parse_date("2-Jan-1970"), 1);
    ck_assert_int_eq(*parse_date("\"02-Jan-1970\""), 1);
    ck_assert_int_eq(*parse_date("31-Dec-1969"), -1);
    ck_assert_int_eq(day_of(*parse_date_time(" 1-Feb-1994 23:30:00 -0800")),
                     *parse_date("1-Feb-1994"));
}
END_TEST

START_TEST(header_dates_are_read_leniently)
{
    const struct {
        const char* text;
        int64_t seconds;
    } table[] = {
        {"Mon, 7 Feb 1994 21:52:25 -0800 (PST)", 760686745},
        {"7 Feb 94 21:52:25 PST", 760686745},
        {"  Mon ,7 Feb\r\n 1994 21:52:25 -0800", 760686745},
        {"Mon, 7 Feb 1994 21:52 -0800", 760686720},
        {"Tue, 08 February 1994 5:52:25 (a (nested) comment) GMT", 760686745},
        {"8 Feb 1994 05:52:25", 760686745},
    };
    for (const auto& row : table) {
        const auto got = parse_header_date(row.text);
        ck_assert_msg(got.has_value(), "%s", row.text);
        ck_assert_int_eq(got->seconds, row.seconds);
    }
    for (const char* s : {"", "yesterday", "7 Feb", "Feb 7 21:52:25 1994", "32 Jan 2020 00:00:00",
                          "7 Feb 1994 (unclosed 21:52:25"})
        ck_assert_msg(!parse_header_date(s).has_value(), "%s", s);
    ASSERT_EQ_TEXT(format_header_date(DateTime{760686745, -480}), "Mon, 7 Feb 1994 21:52:25 -0800");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/imap_date");
    TCase* c = tcase_create("all");
    tcase_add_test(c, date_times_go_both_ways);
    tcase_add_test(c, wrong_dates_are_refused);
    tcase_add_test(c, days_disregard_the_time);
    tcase_add_test(c, header_dates_are_read_leniently);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
