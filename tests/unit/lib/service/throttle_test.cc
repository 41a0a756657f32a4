#include "lib/service/throttle.h"

#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using service::Deaths;
using service::RateLimit;

START_TEST(deaths_count_within_their_window)
{
    Deaths deaths(3, Seconds(10));
    MonotonicTime t = monotonic_now();
    ck_assert(!deaths.record(t));
    ck_assert(!deaths.record(t + Seconds(1)));
    ck_assert(deaths.record(t + Seconds(2)));
    ck_assert(!deaths.record(t + Seconds(20)));
    ck_assert_uint_eq(deaths.recent(t + Seconds(20)), 1);
    deaths.clear();
    ck_assert_uint_eq(deaths.recent(t + Seconds(20)), 0);
}
END_TEST

START_TEST(a_rate_has_a_burst_and_then_its_pace)
{
    RateLimit rate(10);
    MonotonicTime t = monotonic_now();
    int taken = 0;
    while (rate.take(t)) taken++;
    ck_assert_int_eq(taken, 10);
    ck_assert(rate.wait(t) > Milliseconds(50) && rate.wait(t) <= Milliseconds(101));
    ck_assert(!rate.take(t + Milliseconds(50)));
    ck_assert(rate.take(t + Milliseconds(150)));
    taken = 0;
    while (rate.take(t + Seconds(60))) taken++;
    ck_assert_int_eq(taken, 10);
}
END_TEST

START_TEST(no_rate_is_no_limit)
{
    RateLimit rate(0);
    MonotonicTime t = monotonic_now();
    for (int i = 0; i < 1000; i++) ck_assert(rate.take(t));
    ck_assert(rate.wait(t) == Milliseconds(0));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("throttle");
    TCase* t = tcase_create("throttle");
    tcase_add_test(t, deaths_count_within_their_window);
    tcase_add_test(t, a_rate_has_a_burst_and_then_its_pace);
    tcase_add_test(t, no_rate_is_no_limit);
    suite_add_tcase(s, t);
    return s;
}

const test::Registered suite(make);

}  // namespace
