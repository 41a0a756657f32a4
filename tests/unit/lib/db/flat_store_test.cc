#include "lib/db/flat_store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "tests/unit/lib/db/random.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::db;
using rookery::test::Random;
using rookery::test::TempDir;

namespace {

std::unique_ptr<FlatStore> open_store(const std::string& path, FlatOptions options = {})
{
    auto store = FlatStore::open(path, options);
    ASSERT_OK(store);
    return *std::move(store);
}

std::map<std::string, std::string> contents(FlatStore& store, std::string_view from = "")
{
    std::map<std::string, std::string> all;
    std::string last;
    ASSERT_OK(store.scan(from, [&](std::string_view key, std::string_view value) {
        ck_assert(key > last);
        last = std::string(key);
        all.emplace(key, value);
        return Next::go_on();
    }));
    return all;
}

START_TEST(random_operations_equal_a_map)
{
    const TempDir dir;
    Random random(static_cast<uint64_t>(_i) + 1);
    auto store = open_store(dir.file("f"));
    std::map<std::string, std::string> model;
    for (int round = 0; round < 30; ++round) {
        const Status done = store->transact([&](Transaction& t) -> Status {
            for (int i = 0; i < 20; ++i) {
                const std::string key = random.key();
                const std::string value = random.value();
                if (random.one_in(3)) {
                    ck_assert(t.erase(key).ok() == (model.erase(key) > 0));
                } else {
                    TRY(t.put(key, value));
                    model[key] = value;
                }
            }
            return success();
        });
        ASSERT_OK(done);
        ASSERT_OK(store->check());
        ck_assert(contents(*store) == model);
        for (int i = 0; i < 30; ++i) {
            const std::string key = random.key();
            const auto near = model.lower_bound(key);
            ck_assert(store->get(key).ok() == model.contains(key));
            if (near != model.end()) ck_assert(store->get(near->first).value() == near->second);
            ck_assert(contents(*store, key) == std::map(near, model.end()));
        }
        const char space = random.key().front();
        const auto in_space = std::count_if(model.begin(), model.end(), [&](const auto& entry) {
            return entry.first.front() == space;
        });
        ck_assert_uint_eq(store->count(space).value(), static_cast<uint64_t>(in_space));
        if (random.one_in(5)) {
            store.reset();
            store = open_store(dir.file("f"));
        }
    }
}
END_TEST

START_TEST(the_file_is_plain_text)
{
    const TempDir dir;
    auto store = open_store(dir.file("f"));
    ASSERT_OK(store->put("user.bob", "one two"));
    ASSERT_OK(store->put("user.alice", "a\tb\nc\\d"));
    auto text = read_file(dir.file("f"), 1000);
    ASSERT_OK(text);
    ASSERT_EQ_TEXT(*text, "#flat 1\nuser.alice\ta\\tb\\nc\\\\d\nuser.bob\tone two\n");
    // What an editor leaves: no order, no newline at the end, a line twice, carriage returns.
    ASSERT_OK(replace_file(dir.file("f"),
                           "#flat 1\nuser.zoe\t3\r\nuser.bob\t1\n\nuser.amy\t2\nuser.bob\t4"));
    ASSERT_CODE(store->check(), Code::syntax);
    ASSERT_OK(store->sort_file());
    text = read_file(dir.file("f"), 1000);
    ASSERT_OK(text);
    ASSERT_EQ_TEXT(*text, "#flat 1\nuser.amy\t2\nuser.bob\t4\nuser.zoe\t3\n");
    ASSERT_OK(replace_file(dir.file("f"), "#flat 2\n"));
    ASSERT_CODE(store->get("x"), Code::unsupported);
}
END_TEST

START_TEST(a_large_file_takes_no_new_keys)
{
    const TempDir dir;
    FlatOptions options;
    options.max_file_bytes = 10'000;
    auto store = open_store(dir.file("f"), options);
    Status full = success();
    for (int i = 0; i < 1000 && full; ++i) full = store->put(cat("key", i), std::string(90, 'v'));
    ASSERT_CODE(full, Code::limit);
    ASSERT_OK(store->put("key1", "changed"));
    ASSERT_OK(store->erase("key2"));
    ASSERT_CODE(store->put("", "v"), Code::limit);
}
END_TEST

START_TEST(a_scan_sees_what_its_callback_changes)
{
    const TempDir dir;
    auto store = open_store(dir.file("f"));
    for (int i = 10; i < 60; ++i) ASSERT_OK(store->put(cat("k", i), "v"));
    int seen = 0;
    const Status done = store->scan("", [&](std::string_view key, std::string_view) {
        ++seen;
        ASSERT_OK(store->put(cat("a", seen), "behind"));
        if (key == "k20") ASSERT_OK(store->erase("k21"));
        return key == "k30" ? Next::seek("k50") : Next::go_on();
    });
    ASSERT_OK(done);
    ck_assert_int_eq(seen, 21 - 1 + 10);
}
END_TEST

// Several processes add lines at once; none is lost.
START_TEST(writers_take_turns)
{
    const TempDir dir;
    std::vector<pid_t> pids;
    for (int w = 0; w < 4; ++w) {
        const pid_t pid = fork();
        if (pid == 0) {
            auto store = FlatStore::open(dir.file("f"), {});
            bool good = store.ok();
            for (int i = 0; good && i < 25; ++i)
                good = (*store)->put(cat("w", w, "-", i), "v").ok();
            _exit(good ? 0 : 1);
        }
        pids.push_back(pid);
    }
    for (pid_t pid : pids) {
        int status = -1;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_uint_eq(contents(*open_store(dir.file("f"))).size(), 100);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("flat_store");
    TCase* c = tcase_create("flat_store");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, random_operations_equal_a_map, 0, 3);
    tcase_add_test(c, the_file_is_plain_text);
    tcase_add_test(c, a_large_file_takes_no_new_keys);
    tcase_add_test(c, a_scan_sees_what_its_callback_changes);
    tcase_add_test(c, writers_take_turns);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
