// How a process ends whose invariants do not hold.
#include "lib/base/panic.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;

START_TEST(a_value_that_is_not_there_is_the_end_and_is_logged)
{
    test::TempDir dir;
    const std::string path = dir.file("log");
    const pid_t pid = ::fork();
    ck_assert(pid >= 0);
    if (pid == 0) {
        log::to_file(path);
        const Result<int> none = Error{Code::not_found, "gone"};
        ::_exit(*none);
    }
    int status = 0;
    ck_assert_int_eq(::waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    auto line = read_file(path, 4096);
    ASSERT_OK(line);
    ck_assert(line->find("error: panic reason=\"Result has no value: gone\"\n") != line->npos);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/base/panic");
    TCase* c = tcase_create("all");
    tcase_add_test(c, a_value_that_is_not_there_is_the_end_and_is_logged);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
