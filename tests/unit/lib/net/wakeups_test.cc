#include "lib/net/wakeups.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using Said = std::vector<std::string>;

bool is_there(const std::string& path)
{
    return ::access(path.c_str(), F_OK) == 0;
}

START_TEST(one_socket_is_woken_for_all_of_its_topics)
{
    test::TempDir dir;
    auto socket = net::WakeupSocket::bind(dir.path(), "a");
    ASSERT_OK(socket);
    ASSERT_OK(socket->add("b"));
    ASSERT_OK(socket->add("b"));
    ck_assert(net::has_waiters(dir.path(), "b") && !net::has_waiters(dir.path(), "c"));
    net::wake(dir.path(), "a", "1");
    net::wake(dir.path(), "b", "2");
    net::wake(dir.path(), "c", "3");
    ck_assert((socket->take() == Said{"1", "2"}));
    // The name that it was bound with is as good as any.
    socket->remove("a");
    ck_assert(!is_there(dir.file("a")));
    net::wake(dir.path(), "a", "1");
    net::wake(dir.path(), "b", "2");
    ASSERT_OK(socket->add("c"));
    net::wake(dir.path(), "c", "3");
    ck_assert((socket->take() == Said{"2", "3"}));
    socket->remove("b");
    socket->remove("c");
    ASSERT_CODE(socket->add("a"), Code::io);
}
END_TEST

START_TEST(a_socket_that_is_gone_leaves_nothing)
{
    test::TempDir dir;
    {
        auto socket = net::WakeupSocket::bind(dir.path(), "a");
        ASSERT_OK(socket);
        ASSERT_OK(socket->add("b"));
    }
    ck_assert(!is_there(dir.file("a")) && !is_there(dir.file("b")));
    // Of a process that was killed the names stay, until somebody writes to them.
    const pid_t child = ::fork();
    if (child == 0) {
        auto socket = net::WakeupSocket::bind(dir.path(), "a");
        ::_exit(socket && socket->add("b") ? 0 : 1);
    }
    int status = 0;
    ck_assert(::waitpid(child, &status, 0) == child && status == 0);
    const std::string left = dir.file(cat("b/", child, ".1"));
    ck_assert_msg(is_there(left) || is_there(dir.file(cat("b/", child, ".2"))), "%s", left.c_str());
    net::wake(dir.path(), "b", "x");
    ck_assert(!is_there(left) && !is_there(dir.file(cat("b/", child, ".2"))));
}
END_TEST

START_TEST(what_is_too_much_is_seen_to_be)
{
    test::TempDir dir;
    auto socket = net::WakeupSocket::bind(dir.path(), "a");
    ASSERT_OK(socket);
    ck_assert(socket->queue() > 0 && socket->queue() <= net::kMaxQueue);
    for (size_t i = 0; i < socket->queue(); ++i) net::wake(dir.path(), "a", "x");
    ck_assert_uint_eq(socket->take().size(), socket->queue());
    for (int i = 0; i < 2000; ++i) net::wake(dir.path(), "a", std::string(1000, 'x'));
    const Said all = socket->take();
    ck_assert_uint_gt(all.size(), socket->queue());
    ck_assert_uint_eq(all[0].size(), net::kMaxWakeup);
    ASSERT_CODE(net::WakeupSocket::bind(cat(dir.path(), '/', std::string(100, 'x')), "a"),
                Code::limit);
    ASSERT_CODE(socket->add(std::string(100, 'x')), Code::limit);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/net/wakeups");
    TCase* c = tcase_create("all");
    tcase_add_test(c, one_socket_is_woken_for_all_of_its_topics);
    tcase_add_test(c, a_socket_that_is_gone_leaves_nothing);
    tcase_add_test(c, what_is_too_much_is_seen_to_be);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
