#include "lib/service/scoreboard.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using service::Scoreboard;

// A child that holds a slot until it is killed.
pid_t start_holder(const std::string& directory, const char* service, const char* user = "fred")
{
    auto pipe = make_pipe();
    pid_t pid = ::fork();
    if (pid == 0) {
        auto board = Scoreboard::open(directory);
        if (!board || !board->claim(service)) ::_exit(1);
        service::scoreboard::use(&*board);
        service::scoreboard::set_user(user);
        service::scoreboard::set_client(std::string(500, 'x'));
        service::scoreboard::set_mailbox("user.fred");
        service::scoreboard::set_backend("be1");
        service::scoreboard::set_state("FETCH");
        service::scoreboard::count_client();
        (void)write_all(pipe->write_end.get(), "x");
        for (;;) ::pause();
    }
    char c = 0;
    ck_assert_int_eq(static_cast<int>(::read(pipe->read_end.get(), &c, 1)), 1);
    return pid;
}

START_TEST(lines_of_the_living_only)
{
    test::TempDir dir;
    auto board = Scoreboard::open(dir.path());
    ASSERT_OK(board);
    ck_assert(board->lines().empty());
    pid_t first = start_holder(dir.path(), "imap");
    pid_t second = start_holder(dir.path(), "lmtp");
    auto lines = board->lines();
    ck_assert_uint_eq(lines.size(), 2);
    ck_assert_int_eq(lines[0].pid, first);
    ASSERT_EQ_TEXT(lines[0].service, "imap");
    ASSERT_EQ_TEXT(lines[0].user, "fred");
    ASSERT_EQ_TEXT(lines[0].mailbox, "user.fred");
    ASSERT_EQ_TEXT(lines[0].backend, "be1");
    ASSERT_EQ_TEXT(lines[0].state, "FETCH");
    ASSERT_EQ_TEXT(lines[0].client, std::string(63, 'x'));
    ck_assert_uint_eq(lines[0].clients, 1);
    ck_assert_uint_eq(board->count("imap"), 1);
    ck_assert_uint_eq(board->count("pop3"), 0);
    ck_assert_uint_eq(board->count_alike("fred", "x", {}).user, 0);
    ck_assert(board->claim("imap"));
    auto alike = board->count_alike("fred", std::string(70, 'x'), {});
    ck_assert_uint_eq(alike.user, 1);
    ck_assert_uint_eq(alike.client, 1);
    ck_assert_uint_eq(alike.strangers, 0);
    // This process has nobody logged in; the slot of one that has died counts nowhere.
    Scoreboard* mine = &*board;
    service::scoreboard::use(mine);
    service::scoreboard::set_client(std::string(70, 'x'));
    const std::string client(70, 'x');
    ck_assert_uint_eq(board->count_alike("", client, {}).strangers, 1);
    pid_t stranger = start_holder(dir.path(), "imap", "");
    pid_t elsewhere = start_holder(dir.path(), "lmtp", "");
    ck_assert_uint_eq(board->count_alike("", client, {}).strangers, 2);
    for (pid_t pid : {stranger, elsewhere}) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    ck_assert_uint_eq(board->count_alike("", client, {}).strangers, 1);
    // Nobody asks whether they live where they would be few enough.
    ck_assert_uint_eq(board->count_alike("", client, {0, 0, 1}).strangers, 1);
    ck_assert_uint_eq(board->count_alike("", client, {0, 1, 2}).strangers, 2);
    ck_assert_uint_eq(board->count_alike("", "y", {}).strangers, 0);
    ck_assert_uint_eq(board->count_alike("", "", {}).user, 0);
    service::scoreboard::use(nullptr);
    ::kill(first, SIGKILL);
    ::waitpid(first, nullptr, 0);
    ck_assert_uint_eq(board->count_alike("fred", "x", {}).user, 0);
    ck_assert_uint_eq(board->count("imap"), 1);
    ck_assert_uint_eq(board->lines().size(), 2);
    pid_t third = start_holder(dir.path(), "imap");
    ck_assert_int_eq(board->lines()[0].pid, third);
    for (pid_t pid : {second, third}) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
}
END_TEST

START_TEST(another_version_is_refused)
{
    test::TempDir dir;
    {
        ASSERT_OK(Scoreboard::open(dir.path()));
    }
    auto fd = open_file(dir.file("scoreboard"), 1);
    ASSERT_OK(fd);
    ck_assert_int_eq(static_cast<int>(::pwrite(fd->get(), "\x02", 1, 8)), 1);
    ASSERT_CODE(Scoreboard::open(dir.path()), Code::corrupt);
}
END_TEST

START_TEST(without_a_board_nothing_happens)
{
    service::scoreboard::use(nullptr);
    service::scoreboard::set_user("fred");
    service::scoreboard::clear();
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("scoreboard");
    TCase* t = tcase_create("scoreboard");
    tcase_add_test(t, lines_of_the_living_only);
    tcase_add_test(t, another_version_is_refused);
    tcase_add_test(t, without_a_board_nothing_happens);
    suite_add_tcase(s, t);
    return s;
}

const test::Registered suite(make);

}  // namespace
