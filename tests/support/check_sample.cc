// A suite whose tests do what disturbs others: what tests/system/tap_test.py looks at.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

using namespace rookery;

namespace {

START_TEST(passes)
{
    ck_assert_int_eq(_i, _i);
}
END_TEST

START_TEST(prints_results)
{
    ::puts("not ok 1 - printed\n1..1");
    ::fflush(stdout);
}
END_TEST

START_TEST(fails_in_lines)
{
    ASSERT_EQ_TEXT("a\nok 7 - forged\n1..9\n", "b");
}
END_TEST

START_TEST(dies)
{
    ::kill(::getpid(), SIGKILL);
}
END_TEST

// It lives on, with the standard output of this test; its id stands in a file for who ends it.
START_TEST(leaves_a_process)
{
    auto until_exec = make_pipe();
    ASSERT_OK(until_exec);
    if (::fork() == 0) {
        ::setsid();
        if (!replace_file(::getenv("CHECK_SAMPLE_PID"), cat(::getpid())).ok()) ::_exit(1);
        ::execl("/bin/sleep", "sleep", "600", nullptr);
        ::_exit(1);
    }
    char c = 0;
    until_exec->write_end.reset();
    ck_assert_int_eq(::read(until_exec->read_end.get(), &c, 1), 0);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("sample");
    TCase* t = tcase_create("all");
    tcase_add_loop_test(t, passes, 0, 3);
    tcase_add_test(t, prints_results);
    tcase_add_test(t, fails_in_lines);
    tcase_add_test(t, dies);
    tcase_add_test(t, leaves_a_process);
    suite_add_tcase(s, t);
    return s;
}

const test::Registered suite(make);

}  // namespace
