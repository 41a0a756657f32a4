// Sets of keys that end: claims of many processes, ends, and files that are damaged.
#include "lib/db/expiring_set.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/db/tdb_store.h"
#include "tests/unit/unit.h"

using namespace rookery;
using db::ExpiringSet;
using rookery::test::TempDir;

namespace {

constexpr int kProcesses = 20;

ExpiringSet opened(const std::string& path, char space = 'V')
{
    auto set = ExpiringSet::open(path, space);
    ASSERT_OK(set);
    return *std::move(set);
}

size_t files_with(const TempDir& dir, std::string_view part)
{
    size_t n = 0;
    DIR* files = ::opendir(dir.path().c_str());
    while (const dirent* file = ::readdir(files))
        if (std::string_view(file->d_name).find(part) != std::string_view::npos) ++n;
    ::closedir(files);
    return n;
}

// How many of kProcesses, let go at once, end with "yes"; none may end otherwise than yes or no.
template <class Work>
int how_many(const Work& work)
{
    auto gate = make_pipe();
    ASSERT_OK(gate);
    std::array<pid_t, kProcesses> pids{};
    for (pid_t& pid : pids) {
        pid = ::fork();
        ck_assert_int_ge(pid, 0);
        if (pid != 0) continue;
        gate->write_end.reset();
        char byte = 0;
        const ssize_t end = ::read(gate->read_end.get(), &byte, 1);
        const Result<bool> got = end == 0 ? work() : Result<bool>(Error{Code::io, "read"});
        ::_exit(!got ? 2 : *got ? 1 : 0);
    }
    gate->write_end.reset();
    int yes = 0;
    for (const pid_t pid : pids) {
        int status = -1;
        while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) < 2);
        yes += WEXITSTATUS(status);
    }
    return yes;
}

Result<bool> claim(const std::string& path, std::string_view key)
{
    TRY_ASSIGN(ExpiringSet set, ExpiringSet::open(path, 'V'));
    return set.claim(key, 2000, 1000);
}

START_TEST(of_many_processes_one_gets_a_key)
{
    const TempDir dir;
    const std::string path = dir.file("set.tdb");
    log::to_file(dir.file("log"));
    // The first time the file is not there yet.
    for (const char* key : {"a", "b", "c"})
        ck_assert_int_eq(how_many([&] { return claim(path, key); }), 1);
    ck_assert_uint_eq(files_with(dir, "damaged"), 0);
}
END_TEST

START_TEST(a_damaged_file_is_put_aside_once)
{
    const struct {
        const char* what;
        std::string bytes;
    } table[] = {{"empty", ""},
                 {"short", "x"},
                 {"garbage", std::string(8192, 'x')},
                 {"of another kind", "rookery flat store 1\n"}};
    for (const auto& row : table) {
        const TempDir dir;
        const std::string path = dir.file("set.tdb");
        log::to_file(dir.file("log"));
        ASSERT_OK(replace_file(path, row.bytes));
        const int got = how_many([&] { return claim(path, "a"); });
        ck_assert_msg(got == 1, "%s: %d got it", row.what, got);
        ck_assert_msg(files_with(dir, "damaged") <= 1, "%s", row.what);
        ASSERT_OK(opened(path).has("a", 1500));
    }
}
END_TEST

START_TEST(a_file_that_is_torn_while_it_is_open_is_begun_anew)
{
    const TempDir dir;
    const std::string path = dir.file("set.tdb");
    log::to_file(dir.file("log"));
    ExpiringSet set = opened(path);
    std::vector<std::string> keys;
    for (int n = 0; n < 3000; ++n) keys.push_back(cat("key", n));
    ASSERT_OK(set.put(keys, 2000));
    {
        auto fd = open_file(path, O_WRONLY);
        ASSERT_OK(fd);
        const std::string junk(1u << 16, 'x');
        ck_assert_int_eq(::lseek(fd->get(), 4096, SEEK_SET), 4096);
        ASSERT_OK(write_all(fd->get(), junk));
    }
    for (const std::string& key : keys) {
        auto got = set.claim(cat("new ", key), 2000, 1000);
        ASSERT_OK(got);
        ck_assert(*got);
    }
    ck_assert_uint_eq(files_with(dir, "damaged"), 1);
    ASSERT_OK(set.remove_older(1500, 1000));
    ck_assert(*set.has(cat("new ", keys.back()), 1500));
}
END_TEST

START_TEST(a_key_counts_until_its_end)
{
    const TempDir dir;
    ExpiringSet set = opened(dir.file("set.tdb"));
    ck_assert(!*set.has("a", 0));
    ck_assert(*set.claim("a", 2000, 1000));
    ck_assert(!*set.claim("a", 3000, 1999));
    ck_assert(*set.has("a", 1999));
    ck_assert(!*set.has("a", 2000));
    ck_assert(*set.is_recorded("a"));
    ck_assert(*set.claim("a", 3000, 2000));
    ck_assert(*set.has("a", 2999));
    ASSERT_OK(set.put("b", -5));
    ck_assert(!*set.has("b", 0));
    ck_assert(*set.is_recorded("b"));
    ASSERT_OK(set.put("", 5000));
    ck_assert(*set.has("", 4000));
    ASSERT_OK(set.put(std::string(5000, 'x'), 5000));
    ck_assert(*set.has(std::string(5000, 'x'), 4000));
    ck_assert(!*set.has(std::string(5001, 'x'), 4000));
    ASSERT_CODE(set.put(std::string(db::kMaxExpiringKey + 1, 'x'), 1), Code::limit);
    ASSERT_CODE(set.claim(std::string(db::kMaxExpiringKey + 1, 'x'), 1), Code::limit);
    ck_assert_uint_eq(*set.remove_older(3000, 2500), 2);
    ck_assert(!*set.is_recorded("a") && !*set.is_recorded("b") && *set.is_recorded(""));
}
END_TEST

START_TEST(a_record_of_the_far_future_is_of_a_wrong_clock)
{
    const TempDir dir;
    ExpiringSet set = opened(dir.file("set.tdb"));
    ASSERT_OK(set.put("a", 1000 + db::kMaxAhead));
    ck_assert(*set.has("a", 1000));
    ASSERT_OK(set.put("a", 1001 + db::kMaxAhead));
    ck_assert(!*set.has("a", 1000));
    ck_assert(*set.claim("a", 2000, 1000));
    ck_assert(!*set.claim("a", 2000, 1000));
    ASSERT_OK(set.put("b", INT64_MAX));
    ck_assert_uint_eq(*set.remove_older(0, 1000), 1);
    ck_assert(*set.has("a", 1000));
}
END_TEST

START_TEST(sets_in_one_file_do_not_meet)
{
    const TempDir dir;
    const std::string path = dir.file("set.tdb");
    {
        ExpiringSet first = opened(path, 'A');
        ASSERT_OK(first.put("k", 1000));
    }
    {
        ExpiringSet second = opened(path, 'B');
        ck_assert(!*second.is_recorded("k"));
        ck_assert(*second.claim("k", 1000, 1));
        ck_assert_uint_eq(*second.remove_older(5000, 1), 1);
    }
    ExpiringSet first = opened(path, 'A');
    ck_assert(*first.is_recorded("k"));
    ck_assert_uint_eq(*first.remove_older(5000, 1), 1);
}
END_TEST

START_TEST(one_process_has_several_sets_of_a_file)
{
    const TempDir dir;
    const std::string path = dir.file("set.tdb");
    ExpiringSet first = opened(path, 'A');
    ExpiringSet second = first.beside('B');
    ASSERT_OK(first.put("k", 1000));
    ck_assert(!*second.is_recorded("k"));
    ck_assert(*second.claim("k", 2000, 1));
    ck_assert_uint_eq(*first.remove_older(1000, 1), 1);
    ck_assert(*second.has("k", 1));
}
END_TEST

START_TEST(a_key_has_its_note_as_long_as_it_counts)
{
    const TempDir dir;
    ExpiringSet set = opened(dir.file("set.tdb"), 'A');
    const std::vector<std::string> keys = {"a", "b"};
    ASSERT_OK(set.put(keys, 1000, "begun here"));
    for (const std::string& key : keys) {
        const auto note = set.note(key, 999);
        ASSERT_OK(note);
        ck_assert(note->has_value());
        ASSERT_EQ_TEXT(**note, "begun here");
        ck_assert(!set.note(key, 1000)->has_value());
        ck_assert(*set.has(key, 999));
    }
    ASSERT_OK(set.put(std::vector<std::string>{"a"}, 1000));
    ASSERT_EQ_TEXT(**set.note("a", 1), "");
    ASSERT_OK(set.put(keys, 1000, std::string(db::kMaxExpiringNote, 'n')));
    ASSERT_CODE(set.put(keys, 1000, std::string(db::kMaxExpiringNote + 1, 'n')), Code::limit);
    const std::vector<std::string> gone = {"b", "never"};
    ASSERT_OK(set.remove(gone));
    ck_assert(!set.note("b", 1)->has_value());
    ck_assert(set.note("a", 1)->has_value());
    ck_assert_uint_eq(*set.remove_older(1000, 1), 1);
}
END_TEST

START_TEST(many_are_put_and_removed_in_batches)
{
    const TempDir dir;
    ExpiringSet set = opened(dir.file("set.tdb"));
    std::vector<std::string> odd, even;
    for (int n = 0; n < 4200; ++n) (n % 2 == 0 ? even : odd).push_back(cat(n));
    ASSERT_OK(set.put(odd, 10));
    ASSERT_OK(set.put(even, 20));
    ck_assert_uint_eq(*set.remove_older(15, 1), odd.size());
    ck_assert(std::all_of(even.begin(), even.end(), [&](auto& key) { return *set.has(key, 1); }));
    ck_assert_uint_eq(*set.remove_older(20, 1), even.size());
    ck_assert_uint_eq(*set.remove_older(20, 1), 0);
}
END_TEST

// doc/formats/expiring-set.md, and what stands in the files of servers that run.
START_TEST(records_are_as_the_format_says)
{
    const TempDir dir;
    const std::string path = dir.file("set.tdb");
    const std::string key = "D" + *unhex("ba7816bf8f01cfea414140de5dae2223"
                                         "b00361a396177a9cb410ff61f20015ad");
    {
        db::TdbOptions options;
        options.durable = false;
        auto store = db::TdbStore::open(path, options);
        ASSERT_OK(store);
        ASSERT_OK((*store)->put(key, "1700000000"));
        ASSERT_OK((*store)->put("Dx", "no number"));
    }
    ExpiringSet set = opened(path, 'D');
    ck_assert(*set.has("abc", 1699999999) && *set.is_recorded("abc"));
    ck_assert_uint_eq(*set.remove_older(5, 1699999999), 1);
    ck_assert(*set.has("abc", 1699999999));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/db/expiring_set");
    TCase* c = tcase_create("all");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, of_many_processes_one_gets_a_key);
    tcase_add_test(c, a_damaged_file_is_put_aside_once);
    tcase_add_test(c, a_file_that_is_torn_while_it_is_open_is_begun_anew);
    tcase_add_test(c, a_key_counts_until_its_end);
    tcase_add_test(c, a_record_of_the_far_future_is_of_a_wrong_clock);
    tcase_add_test(c, sets_in_one_file_do_not_meet);
    tcase_add_test(c, one_process_has_several_sets_of_a_file);
    tcase_add_test(c, a_key_has_its_note_as_long_as_it_counts);
    tcase_add_test(c, many_are_put_and_removed_in_batches);
    tcase_add_test(c, records_are_as_the_format_says);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
