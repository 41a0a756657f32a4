#include "master/events.h"

#include <stdlib.h>

#include "master/cron.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using master::Cron;
using master::EventEntry;

// A Thursday; local time is made UTC plus nothing, or Berlin's where a clock changes.
time_t at(int day, int hour, int minute, int second = 0)
{
    tm t{};
    t.tm_year = 2026 - 1900;
    t.tm_mon = 0;
    t.tm_mday = day;
    t.tm_hour = hour;
    t.tm_min = minute;
    t.tm_sec = second;
    t.tm_isdst = -1;
    return ::mktime(&t);
}

void use_zone(const char* zone)
{
    ::setenv("TZ", zone, 1);
    ::tzset();
}

void expect_next(const char* fields, time_t now, time_t want)
{
    auto cron = Cron::parse(fields);
    ASSERT_OK(cron);
    ck_assert_msg(cron->next(now) == want, "%s: %lld, wanted %lld", fields,
                  static_cast<long long>(cron->next(now)), static_cast<long long>(want));
}

START_TEST(cron_finds_the_next_minute)
{
    use_zone("UTC");
    expect_next("* * * * *", at(1, 0, 0), at(1, 0, 1));
    expect_next("* * * * *", at(1, 0, 0, 59), at(1, 0, 1));
    expect_next("5 4 * * *", at(1, 4, 5), at(2, 4, 5));
    expect_next("*/15 * * * *", at(1, 4, 16), at(1, 4, 30));
    expect_next("0 22 * * 1-5", at(2, 23, 0), at(5, 22, 0));
    expect_next("30 3 * * 7", at(1, 0, 0), at(4, 3, 30));
    expect_next("0 0 13 * 5", at(3, 0, 0), at(9, 0, 0));
    expect_next("0 0 13 * 5", at(10, 0, 0), at(13, 0, 0));
    expect_next("0 12 31 2 *", at(1, 0, 0), 0);
    expect_next("10,20 1,2 * * *", at(1, 1, 10), at(1, 1, 20));
}
END_TEST

START_TEST(cron_refuses_what_it_does_not_understand)
{
    for (const char* bad :
         {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
          "* * * * 8", "5-1 * * * *", "*/0 * * * *", "a * * * *", "1, * * * *", "-1 * * * *"})
        ASSERT_CODE(Cron::parse(bad), Code::syntax);
}
END_TEST

START_TEST(periods)
{
    EventEntry e;
    time_t now = at(1, 12, 0);
    ck_assert(master::first_due(e, now) == now);
    ck_assert(master::next_due(e, now, now) == 0);
    e.period = 30 * 60;
    ck_assert(master::next_due(e, now, now + 3) == now + 1800);
    // A machine that slept does not run it a hundred times.
    ck_assert(master::next_due(e, now, now + 180000) == now + 180000 + 1800);
    // Nor does a clock that was put back let it wait for years.
    ck_assert(master::next_due(e, now, now - 86400 * 365) == now - 86400 * 365 + 1800);
}
END_TEST

START_TEST(times_of_day)
{
    use_zone("UTC");
    EventEntry e;
    e.at = 4 * 60 + 1;
    e.period = 24 * 3600;
    ck_assert(master::first_due(e, at(1, 3, 0)) == at(1, 4, 1));
    ck_assert(master::first_due(e, at(1, 4, 1)) == at(2, 4, 1));
    ck_assert(master::next_due(e, at(1, 4, 1), at(1, 4, 1)) == at(2, 4, 1));
    e.period = 3600;
    ck_assert(master::next_due(e, at(1, 4, 1), at(1, 4, 1)) == at(1, 5, 1));
}
END_TEST

START_TEST(a_day_of_23_hours_moves_nothing)
{
    use_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    EventEntry e;
    e.at = 4 * 60;
    e.period = 24 * 3600;
    time_t before = at(87, 4, 0);  // 28 March, the clock goes forward in the next night
    time_t next = master::next_due(e, before, before);
    ck_assert(next - before == 23 * 3600);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("events");
    TCase* t = tcase_create("events");
    tcase_add_test(t, cron_finds_the_next_minute);
    tcase_add_test(t, cron_refuses_what_it_does_not_understand);
    tcase_add_test(t, periods);
    tcase_add_test(t, times_of_day);
    tcase_add_test(t, a_day_of_23_hours_moves_nothing);
    suite_add_tcase(s, t);
    return s;
}

const test::Registered suite(make);

}  // namespace
