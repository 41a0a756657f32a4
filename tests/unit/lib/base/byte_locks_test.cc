#include "lib/base/byte_locks.h"

#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "tests/unit/unit.h"

namespace {

using namespace rookery;

// Says whether another process can have it at once.
bool is_free(const std::string& path, const std::string& name)
{
    const pid_t child = ::fork();
    if (child == 0) {
        auto locks = ByteLocks::open(path);
        ::_exit(locks->lock(name, Deadline::after(Milliseconds(0))) ? 0 : 1);
    }
    int status = 0;
    ck_assert_int_eq(::waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
}

START_TEST(all_that_was_asked_for_is_held_until_it_goes)
{
    const test::TempDir dir;
    const std::string path = dir.file("locks");
    auto locks = *ByteLocks::open(path);
    const std::vector<std::string> names = {"b", "a", "b"};
    {
        auto held = locks.lock(names, Deadline::after(Milliseconds(0)));
        ASSERT_OK(held);
        ck_assert(!is_free(path, "a"));
        ck_assert(!is_free(path, "b"));
        ck_assert(is_free(path, "c"));
        auto moved = *std::move(held);
        ck_assert(!is_free(path, "a"));
    }
    ck_assert(is_free(path, "a"));
    ck_assert(is_free(path, "b"));
}
END_TEST

START_TEST(what_is_held_twice_is_let_go_twice)
{
    const test::TempDir dir;
    const std::string path = dir.file("locks");
    auto locks = *ByteLocks::open(path);
    auto first = locks.lock("a", Deadline::after(Milliseconds(0)));
    ASSERT_OK(first);
    {
        auto second = locks.lock("a", Deadline::after(Milliseconds(0)));
        ASSERT_OK(second);
    }
    ck_assert(!is_free(path, "a"));
}
END_TEST

START_TEST(one_that_is_not_had_lets_all_go)
{
    const test::TempDir dir;
    const std::string path = dir.file("locks");
    auto locks = *ByteLocks::open(path);
    int ready[2], ends[2];
    ck_assert_int_eq(::pipe(ready), 0);
    ck_assert_int_eq(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[1]);
        auto others = ByteLocks::open(path);
        auto held = others->lock("b", Deadline::after(Milliseconds(0)));
        char c = held ? '1' : '0';
        (void)!::write(ready[1], &c, 1);
        (void)!::read(ends[0], &c, 1);
        ::_exit(0);
    }
    char c = 0;
    ck_assert_int_eq(::read(ready[0], &c, 1), 1);
    ck_assert_int_eq(c, '1');
    const std::vector<std::string> names = {"a", "b", "c"};
    ck_assert(locks.lock(names, Deadline::after(Milliseconds(20))).is(Code::busy));
    ck_assert(is_free(path, "a"));
    ck_assert(is_free(path, "c"));
    ::close(ends[1]);
    ASSERT_OK(locks.lock(names, Deadline::after(Seconds(20))));
    ck_assert_int_eq(::waitpid(child, nullptr, 0), child);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/base/byte_locks");
    TCase* c = tcase_create("all");
    tcase_add_test(c, all_that_was_asked_for_is_held_until_it_goes);
    tcase_add_test(c, what_is_held_twice_is_let_go_twice);
    tcase_add_test(c, one_that_is_not_had_lets_all_go);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
