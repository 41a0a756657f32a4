#include "imap/mupdate/master/journal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::mupdate;

std::vector<std::string> bodies(std::initializer_list<const char*> list)
{
    return {list.begin(), list.end()};
}

// "serial:body ..." of what a replay gives, or the error.
std::string replayed(const std::string& dir, uint64_t after = 0)
{
    std::string out;
    Replay replay;
    replay.record = [&](uint64_t serial, std::string_view body) {
        cat_to(out, out.empty() ? "" : " ", serial, ":", body);
        return success();
    };
    auto at = replay_logs(dir, after, replay);
    if (!at) return cat(code_name(at.error().code), " ", at.error().text);
    return cat(out, " @", at->serial);
}

std::string last_log(const std::string& dir, uint64_t first)
{
    std::string digits = "000000000000000";
    return cat(dir, "/log.", digits, first);
}

off_t size_of(const std::string& path)
{
    struct stat st = {};
    ck_assert_int_eq(::stat(path.c_str(), &st), 0);
    return st.st_size;
}

START_TEST(writes_and_replays)
{
    test::TempDir dir;
    ASSERT_EQ_TEXT(replayed(dir.path()), " @0");
    {
        auto j = Journal::start(dir.path(), 7, {});
        ASSERT_OK(j);
        ASSERT_OK(j->append(bodies({"a", "b"})));
        ASSERT_OK(j->append(bodies({"c"})));
        ck_assert(j->position() == (Position{7, 3}));
    }
    ASSERT_EQ_TEXT(replayed(dir.path()), "1:a 2:b 3:c @3");
    ASSERT_EQ_TEXT(replayed(dir.path(), 2), "3:c @3");
    auto j = Journal::start(dir.path(), 8, {7, 3});
    ASSERT_OK(j);
    ASSERT_OK(j->append(bodies({"d"})));
    ASSERT_EQ_TEXT(replayed(dir.path()), "1:a 2:b 3:c 4:d @4");
    ASSERT_OK(j->rotate());
    ASSERT_OK(j->rotate());  // an empty file goes on being used
    ASSERT_OK(j->append(bodies({"e"})));
    ASSERT_OK(j->remove_through(3));
    ASSERT_EQ_TEXT(replayed(dir.path(), 3), "4:d 5:e @5");
    ASSERT_OK(j->remove_through(4));
    ASSERT_EQ_TEXT(replayed(dir.path(), 4), "5:e @5");
    // what was removed is missed by who needs it
    ck_assert(replayed(dir.path(), 2).starts_with("corrupt"));
}
END_TEST

START_TEST(bad_last_record_is_cut)
{
    test::TempDir dir;
    auto j = Journal::start(dir.path(), 7, {});
    ASSERT_OK(j->append(bodies({"first", "second"})));
    const std::string path = last_log(dir.path(), 1);
    const off_t whole = size_of(path);
    for (off_t n = 1; n < 29; ++n) {
        ck_assert_int_eq(::truncate(path.c_str(), whole - n), 0);
        ASSERT_EQ_TEXT(replayed(dir.path()), "1:first @1");
        // and what comes next is well
        auto next = Journal::start(dir.path(), 9, {7, 1});
        ASSERT_OK(next->append(bodies({"again"})));
        ASSERT_EQ_TEXT(replayed(dir.path()), "1:first 2:again @2");
        ck_assert_int_eq(::unlink(last_log(dir.path(), 2).c_str()), 0);
        auto fresh = Journal::start(dir.path(), 7, {});
        ASSERT_OK(fresh->append(bodies({"first", "second"})));
    }
}
END_TEST

START_TEST(bad_record_in_the_middle_stops)
{
    test::TempDir dir;
    auto j = Journal::start(dir.path(), 7, {});
    ASSERT_OK(j->append(bodies({"first", "second", "third"})));
    const std::string path = last_log(dir.path(), 1);
    Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    const off_t in_second = size_of(path) - 29 - 30 + 26;
    ck_assert_int_eq(::pwrite(fd.get(), "X", 1, in_second), 1);
    std::string said = replayed(dir.path());
    ck_assert_msg(said.starts_with("corrupt"), "%s", said.c_str());
    ck_assert_msg(said.find("offset 77") != std::string::npos, "%s", said.c_str());
    ck_assert_int_eq(size_of(path), 77 + 30 + 29);  // nothing was cut
}
END_TEST

START_TEST(unfinished_file_is_removed)
{
    test::TempDir dir;
    auto j = Journal::start(dir.path(), 7, {});
    ASSERT_OK(j->append(bodies({"a"})));
    ASSERT_OK(j->rotate());
    const std::string path = last_log(dir.path(), 2);
    ck_assert_int_eq(::truncate(path.c_str(), 20), 0);
    ASSERT_EQ_TEXT(replayed(dir.path()), "1:a @1");
    ck_assert_int_ne(::access(path.c_str(), F_OK), 0);
}
END_TEST

START_TEST(newer_version_is_refused)
{
    test::TempDir dir;
    ASSERT_OK(Journal::start(dir.path(), 7, {}));
    Fd fd(::open(last_log(dir.path(), 1).c_str(), O_RDWR | O_CLOEXEC));
    ck_assert_int_eq(::pwrite(fd.get(), "\x02", 1, 8), 1);
    ck_assert(replayed(dir.path()).starts_with("unsupported"));
}
END_TEST

// A write that fails half way leaves nothing, and the next one works.
START_TEST(failed_write_is_taken_back)
{
    test::TempDir dir;
    auto j = Journal::start(dir.path(), 7, {});
    ASSERT_OK(j->append(bodies({"a"})));
    // In a child: Check itself writes files.
    pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        struct rlimit before = {};
        ::getrlimit(RLIMIT_FSIZE, &before);
        struct rlimit small = before;
        small.rlim_cur = 200;
        ::setrlimit(RLIMIT_FSIZE, &small);
        std::vector<std::string> big{std::string(1000, 'x')};
        if (j->append(big) || j->broken()) ::_exit(1);
        ::setrlimit(RLIMIT_FSIZE, &before);
        ::_exit(j->append(bodies({"b"})) ? 0 : 2);
    }
    int status = 0;
    ck_assert_int_eq(::waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ASSERT_EQ_TEXT(replayed(dir.path()), "1:a 2:b @2");
}
END_TEST

START_TEST(one_master_per_directory)
{
    test::TempDir dir;
    auto lock = lock_log_directory(dir.path());
    ASSERT_OK(lock);
    pid_t child = ::fork();
    if (child == 0) ::_exit(lock_log_directory(dir.path()).is(Code::busy) ? 75 : 0);
    int status = 0;
    ck_assert_int_eq(::waitpid(child, &status, 0), child);
    ck_assert_int_eq(WEXITSTATUS(status), 75);
}
END_TEST

Suite* make()
{
    rookery::log::set_level(rookery::log::Level::error);
    Suite* s = suite_create("mupdate journal");
    TCase* t = tcase_create("all");
    tcase_add_test(t, writes_and_replays);
    tcase_add_test(t, bad_last_record_is_cut);
    tcase_add_test(t, bad_record_in_the_middle_stops);
    tcase_add_test(t, unfinished_file_is_removed);
    tcase_add_test(t, newer_version_is_refused);
    tcase_add_test(t, failed_write_is_taken_back);
    tcase_add_test(t, one_master_per_directory);
    suite_add_tcase(s, t);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
