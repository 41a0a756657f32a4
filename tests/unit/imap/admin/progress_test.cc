#include "imap/admin/progress.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using admin::progress_line;

struct Case {
    uint64_t done, total;
    int64_t milliseconds;
    const char* now;
    const char* line;
};

constexpr Case kCases[] = {
    {0, 0, 0, "", "moved 0"},
    {0, 340, 500, "user.bob", "moved 0 of 340, 0 %: user.bob"},
    // Before a second has passed nobody knows how fast it is.
    {5, 10, 999, "", "moved 5 of 10, 50 %"},
    {5, 10, 1000, "", "moved 5 of 10, 50 %, 5.0/s, 1s left"},
    {12, 340, 3000, "user.bob", "moved 12 of 340, 3 %, 4.0/s, 1:22 left: user.bob"},
    {1, 1000, 10000, "", "moved 1 of 1000, 0 %, 6.0/min, 2:46:30 left"},
    {5000, 0, 10000, "", "moved 5000, 500/s"},
    {123456, 200000, 10000, "", "moved 123456 of 200000, 61 %, 12345/s, 6s left"},
    {10, 10, 2000, "", "moved 10 of 10, 100 %, 5.0/s"},
    // More came than was expected.
    {12, 10, 2000, "", "moved 12 of 10, 100 %, 6.0/s"},
    {1, 2, 1000, "user.\x1b[2Jx\n", "moved 1 of 2, 50 %, 1.0/s, 1s left: user.?[2Jx?"},
};

START_TEST(a_line_tells_how_far_how_fast_and_how_long)
{
    for (const Case& c : kCases)
        ASSERT_EQ_TEXT(progress_line("moved", c.done, c.total, Milliseconds(c.milliseconds), c.now),
                       c.line);
}
END_TEST

// Standard error of this process, which is a test's own, in a pipe.
struct Caught {
    Pipe pipe = *make_pipe();
    Caught() { ck_assert_int_eq(::dup2(pipe.write_end.get(), STDERR_FILENO), STDERR_FILENO); }
    std::string text()
    {
        ck_assert_int_eq(::fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK), 0);
        char bytes[4096];
        const ssize_t n = ::read(pipe.read_end.get(), bytes, sizeof bytes);
        return {bytes, n > 0 ? static_cast<size_t>(n) : 0};
    }
};

START_TEST(plain_lines_where_nobody_looks_and_none_when_quiet)
{
    Caught caught;
    {
        admin::Progress progress("done", {.plain = Milliseconds(0)});
        progress.expect(2);
        progress.working_on("a");
        progress.advance();
    }
    ASSERT_EQ_TEXT(caught.text(), "done 0 of 2, 0 %: a\ndone 1 of 2, 50 %: a\n");
    {
        admin::Progress progress("done", {.quiet = true, .plain = Milliseconds(0)});
        progress.advance();
    }
    ASSERT_EQ_TEXT(caught.text(), "");
    {
        // Usually there is one each minute.
        admin::Progress progress("done", {});
        progress.advance();
    }
    ASSERT_EQ_TEXT(caught.text(), "");
}
END_TEST

START_TEST(a_signal_stops_and_the_next_one_ends)
{
    const pid_t child = ::fork();
    if (child == 0) {
        admin::Progress progress("done", {.quiet = true});
        progress.expect(3);
        progress.advance();
        const bool before = progress.stopped();
        ::raise(SIGINT);
        const bool good = !before && progress.stopped() && admin::exit_status(0) == 130 &&
                          progress.interrupted("go on") == "interrupted, done: 1 of 3; go on";
        if (!good) ::_exit(1);
        ::raise(SIGINT);
        ::_exit(2);
    }
    int status = 0;
    ck_assert_int_eq(::waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGINT);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("progress");
    TCase* tcase = tcase_create("progress");
    tcase_add_test(tcase, a_line_tells_how_far_how_fast_and_how_long);
    tcase_add_test(tcase, plain_lines_where_nobody_looks_and_none_when_quiet);
    tcase_add_test(tcase, a_signal_stops_and_the_next_one_ends);
    suite_add_tcase(suite, tcase);
    return suite;
}
const test::Registered registered(make);

}  // namespace
