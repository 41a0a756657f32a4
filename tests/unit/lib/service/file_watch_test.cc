#include "lib/service/file_watch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using service::FileWatch;

START_TEST(a_change_counts_when_it_is_stable)
{
    test::TempDir dir;
    ASSERT_OK(replace_file(dir.file("a"), "1"));
    FileWatch watch({dir.file("a"), ""});
    MonotonicTime t = monotonic_now();
    ck_assert(!watch.changed(t));
    ASSERT_OK(replace_file(dir.file("a"), "22"));
    ck_assert(!watch.changed(t + Seconds(1)));
    ck_assert(watch.unsettled());
    ASSERT_OK(replace_file(dir.file("a"), "333"));
    ck_assert(!watch.changed(t + Seconds(2)));
    ck_assert(!watch.changed(t + Seconds(3)));
    ck_assert(watch.changed(t + Seconds(5)));
    ck_assert(!watch.changed(t + Seconds(9)));
}
END_TEST

START_TEST(a_file_that_was_just_made_and_is_written_over_has_changed)
{
    test::TempDir dir;
    ASSERT_OK(replace_file(dir.file("a"), "1"));
    FileWatch watch({dir.file("a")});
    Fd fd(::open(dir.file("a").c_str(), O_WRONLY));
    // Until the clock of the file system has moved on.
    MonotonicTime t = monotonic_now();
    for (int i = 0; i < 2000 && !watch.unsettled(); ++i) {
        ck_assert_int_eq(::pwrite(fd.get(), "2", 1, 0), 1);
        ck_assert(!watch.changed(t));
    }
    ck_assert(watch.changed(t + Seconds(3)));
}
END_TEST

START_TEST(a_file_that_is_away_is_waited_for)
{
    test::TempDir dir;
    ASSERT_OK(replace_file(dir.file("a"), "1"));
    FileWatch watch({dir.file("a")});
    MonotonicTime t = monotonic_now();
    ck_assert_int_eq(::unlink(dir.file("a").c_str()), 0);
    ck_assert(!watch.changed(t));
    ck_assert(!watch.changed(t + Seconds(60)));
    ASSERT_OK(replace_file(dir.file("a"), "22"));
    ck_assert(!watch.changed(t + Seconds(61)));
    ck_assert(watch.changed(t + Seconds(64)));
}
END_TEST

START_TEST(only_what_it_says_and_who_may_read_it_counts)
{
    test::TempDir dir;
    ASSERT_OK(replace_file(dir.file("a"), "1"));
    FileWatch watch({dir.file("a")});
    MonotonicTime t = monotonic_now();
    ck_assert_int_eq(::link(dir.file("a").c_str(), dir.file("backup").c_str()), 0);
    ck_assert_int_eq(::chown(dir.file("a").c_str(), ::geteuid(), ::getegid()), 0);
    ck_assert(!watch.changed(t));
    ck_assert(!watch.unsettled());
    ck_assert_int_eq(::chmod(dir.file("a").c_str(), 0400), 0);
    ck_assert(!watch.changed(t));
    ck_assert(watch.changed(t + Seconds(3)));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("file_watch");
    TCase* t = tcase_create("file_watch");
    tcase_add_test(t, a_change_counts_when_it_is_stable);
    tcase_add_test(t, a_file_that_was_just_made_and_is_written_over_has_changed);
    tcase_add_test(t, a_file_that_is_away_is_waited_for);
    tcase_add_test(t, only_what_it_says_and_who_may_read_it_counts);
    suite_add_tcase(s, t);
    return s;
}

const test::Registered suite(make);

}  // namespace
