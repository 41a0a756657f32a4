#include "lib/db/tdb_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "tests/unit/lib/db/random.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::db;
using rookery::test::Random;
using rookery::test::TempDir;

namespace {

using Model = std::map<std::string, std::string>;

std::unique_ptr<TdbStore> open_store(const std::string& path, TdbOptions options = {})
{
    options.durable = false;  // these tests lose no power
    auto store = TdbStore::open(path, options);
    ASSERT_OK(store);
    return *std::move(store);
}

Model contents(OrderedStore& store, std::string from = "")
{
    Model all;
    std::string last;
    ASSERT_OK(store.scan(from, [&](std::string_view key, std::string_view value) {
        ck_assert_msg(last.empty() || key > last, "out of order");
        last = std::string(key);
        all.emplace(key, value);
        return Next::go_on();
    }));
    return all;
}

void assert_same(OrderedStore& store, const Model& model)
{
    const Model got = contents(store);
    ck_assert_uint_eq(got.size(), model.size());
    ck_assert(got == model);
    std::map<char, uint64_t> counts;
    for (const auto& [key, value] : model) ++counts[key.front()];
    for (const auto& [space, n] : counts) {
        auto count = store.count(space);
        ASSERT_OK(count);
        ck_assert_uint_eq(*count, n);
    }
}

void random_changes(OrderedStore& store, Model& model, Random& random, size_t n, bool shrink)
{
    const Status done = store.transact([&](Transaction& t) -> Status {
        for (size_t i = 0; i < n; ++i) {
            const bool put = random.below(10) < (shrink ? 2u : 7u);
            std::string key = random.key();
            if (!put && !model.empty() && !random.one_in(10)) {
                auto near = model.lower_bound(key);
                key = near == model.end() ? model.begin()->first : near->first;
            }
            if (put) {
                const std::string value = random.value();
                TRY(t.put(key, value));
                model[key] = value;
            } else if (model.erase(key)) {
                TRY(t.erase(key));
            } else {
                ASSERT_CODE(t.erase(key), Code::not_found);
            }
            if (random.one_in(5)) {
                const std::string look = random.key();
                const auto want = model.find(look);
                auto got = t.get(look);
                ck_assert(got.ok() == (want != model.end()));
                if (got) ck_assert(*got == want->second);
            }
        }
        return success();
    });
    ASSERT_OK(done);
}

void random_lookups(OrderedStore& store, const Model& model, Random& random, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        std::string key = random.key();
        if (const auto near = model.lower_bound(key); near != model.end() && random.one_in(2))
            key = near->first;
        const auto want = model.find(key);
        auto got = store.get(key);
        ck_assert(got.ok() == (want != model.end()));
        if (got)
            ck_assert(*got == want->second);
        else
            ck_assert(got.is(Code::not_found));
    }
}

// Growth, then shrinking to nothing, with reopening, rewriting, checks and aborted transactions.
START_TEST(random_operations_equal_a_map)
{
    const TempDir dir;
    Random random(static_cast<uint64_t>(_i) + 1);
    TdbOptions options;
    options.expected_count = _i % 2 ? 10 : 5000;  // the small ones outgrow their hash
    auto store = open_store(dir.file("db"), options);
    Model model;
    for (int round = 0; round < 60; ++round) {
        random_changes(*store, model, random, 1 + random.below(200), round > 30);
        random_lookups(*store, model, random, 50);
        if (random.one_in(8)) {
            store.reset();
            store = open_store(dir.file("db"), options);
        }
        if (random.one_in(10)) ASSERT_OK(store->rewrite());
        if (random.one_in(4)) assert_same(*store, model);
        if (random.one_in(8)) ASSERT_OK(store->check());
        if (random.one_in(5)) {
            auto failed = store->transact([&](Transaction& t) -> Status {
                for (int i = 0; i < 20; ++i) TRY(t.put(random.key(), random.value()));
                return Error{Code::denied, "changed my mind"};
            });
            ASSERT_CODE(failed, Code::denied);
        }
    }
    ASSERT_OK(store->check());
    assert_same(*store, model);
    ASSERT_OK(store->transact([&](Transaction& t) -> Status {
        for (const auto& [key, value] : model) TRY(t.erase(key));
        return success();
    }));
    assert_same(*store, {});
    ASSERT_OK(store->check());
}
END_TEST

START_TEST(scan_seeks_forward)
{
    const TempDir dir;
    Random random(static_cast<uint64_t>(_i) + 77);
    auto store = open_store(dir.file("db"));
    Model model;
    for (int i = 0; i < 12; ++i) random_changes(*store, model, random, 200, false);
    for (int round = 0; round < 50; ++round) {
        const std::string from = random.key();
        auto at = model.lower_bound(from);
        ASSERT_OK(store->scan(from, [&](std::string_view key, std::string_view value) {
            ck_assert(at != model.end());
            ck_assert(at->first == key && at->second == value);
            if (random.one_in(300)) {
                at = model.end();
                return Next::stop();
            }
            if (random.one_in(3)) {
                // To a random place, or past a few keys; backwards means the next one.
                std::string to = random.key();
                if (random.one_in(2)) {
                    auto near = at;
                    for (uint64_t n = random.below(6); n > 0 && near != model.end(); --n) ++near;
                    if (near != model.end()) to = near->first + (random.one_in(2) ? "" : "\x01");
                }
                at = to > at->first ? model.lower_bound(to) : std::next(at);
                return Next::seek(to);
            }
            ++at;
            return Next::go_on();
        }));
        ck_assert(at == model.end());
    }
}
END_TEST

START_TEST(scan_callback_may_write)
{
    const TempDir dir;
    auto store = open_store(dir.file("db"));
    for (int i = 100; i < 900; ++i) ASSERT_OK(store->put(cat("k", i), "v"));
    size_t seen = 0;
    const Status done = store->scan("k", [&](std::string_view key, std::string_view) {
        ++seen;
        ASSERT_OK(store->put(cat("a", seen), "behind us"));
        if (seen % 3 == 0) ASSERT_OK(store->erase(key));
        return Next::go_on();
    });
    ASSERT_OK(done);
    ck_assert_uint_eq(seen, 800);
}
END_TEST

START_TEST(limits_are_refused)
{
    const TempDir dir;
    TdbOptions options;
    options.max_file_bytes = 10 << 20;
    auto store = open_store(dir.file("db"), options);
    ASSERT_CODE(store->put("", "v"), Code::limit);
    ASSERT_CODE(store->put(std::string(kMaxKey + 1, 'k'), "v"), Code::limit);
    ASSERT_CODE(store->put("k", std::string(kMaxValue + 1, 'v')), Code::limit);
    ASSERT_OK(store->put(std::string(kMaxKey, 'k'), std::string(kMaxValue, 'v')));
    Status full = success();
    for (int i = 0; i < 3000 && full; ++i) full = store->put(cat("n", i), std::string(5000, 'v'));
    ASSERT_CODE(full, Code::limit);
    ASSERT_OK(store->put("n1", std::string(5000, 'w')));  // what is there can still be changed
    ASSERT_OK(store->erase("n2"));
    ASSERT_OK(store->check());
}
END_TEST

START_TEST(one_process_opens_a_file_once)
{
    const TempDir dir;
    auto store = open_store(dir.file("db"));
    ASSERT_CODE(TdbStore::open(dir.file("db"), {}), Code::busy);
}
END_TEST

START_TEST(what_is_not_ours_is_left_alone)
{
    const TempDir dir;
    const std::string text = "precious\n";
    ASSERT_OK(replace_file(dir.file("db"), text));
    ASSERT_CODE(TdbStore::open(dir.file("db"), {}), Code::corrupt);
    auto after = read_file(dir.file("db"), 100);
    ASSERT_OK(after);
    ASSERT_EQ_TEXT(*after, text);
}
END_TEST

// A page whose bytes were changed behind our back is noticed when it is read.
START_TEST(damage_is_noticed)
{
    const TempDir dir;
    const std::string path = dir.file("db");
    auto store = open_store(path);
    for (int i = 0; i < 2000; ++i) ASSERT_OK(store->put(cat("key-number-", i), "value"));
    store.reset();
    auto bytes = read_file(path, 64 << 20);
    ASSERT_OK(bytes);
    const size_t at = bytes->find("key-number-1", bytes->find("key-number-1") + 4096);
    ck_assert(at != std::string::npos);
    size_t hits = 0;
    for (size_t i = bytes->find("y-number-"); i != std::string::npos;
         i = bytes->find("y-number-", i + 1), ++hits)
        (*bytes)[i] = 'Y';
    ck_assert_uint_gt(hits, 10);
    ASSERT_OK(replace_file(path, *bytes));
    auto damaged = TdbStore::open(path, {});
    ASSERT_OK(damaged);
    ASSERT_CODE((*damaged)->check(), Code::corrupt);
    const auto go_on = [](std::string_view, std::string_view) { return Next::go_on(); };
    ASSERT_CODE((*damaged)->scan("", go_on), Code::corrupt);
}
END_TEST

START_TEST(newer_format_is_refused)
{
    const TempDir dir;
    const std::string path = dir.file("db");
    open_store(path).reset();
    {
        auto file = TdbFile::open(path, false);
        ASSERT_OK(file);
        std::string header = Header{}.encode();
        header[8] = 2;
        ASSERT_OK(file->store(kHeaderKey, header, false));
    }
    ASSERT_CODE(TdbStore::open(path, {}), Code::unsupported);
}
END_TEST

// Few and many: the file's hash is chosen after the first values.
void load_and_compare(size_t n)
{
    const TempDir dir;
    auto store = open_store(dir.file("s"));
    auto reader_sees = [&] {
        auto count = store->count('k');
        ASSERT_OK(count);
        return *count;
    };
    Model model;
    Model keys_only;
    {
        auto load = store->bulk_load();
        ASSERT_OK(load);
        for (size_t i = n; i-- > 0;) {
            const std::string key = cat("k", 1'000'000 + i);
            model[key] = cat("value ", i);
            ASSERT_OK((*load)->value(key, model[key]));
        }
        for (size_t i = 0; i < n; i += 3) keys_only[cat("x", 1'000'000 + i)] = "";
        for (const auto& [key, value] : model) ASSERT_OK((*load)->key(key, true));
        for (const auto& [key, value] : keys_only) ASSERT_OK((*load)->key(key, false));
        ck_assert_uint_eq(reader_sees(), 0);
        ASSERT_OK((*load)->finish());
    }
    model.merge(keys_only);
    assert_same(*store, model);
    ASSERT_OK(store->check());
    ASSERT_OK(store->put("k2", "later"));
    model["k2"] = "later";
    assert_same(*store, model);
    ck_assert(access(dir.file(cat("s.NEW-", static_cast<int64_t>(getpid()))).c_str(), F_OK) != 0);
}

START_TEST(bulk_load_is_the_same_as_transactions)
{
    load_and_compare(0);
    load_and_compare(10);
    load_and_compare(40'000);
}
END_TEST

START_TEST(bulk_load_takes_the_place_of_what_was_there_when_it_began)
{
    const TempDir dir;
    auto store = open_store(dir.file("s"));
    {
        auto dropped = store->bulk_load();
        ASSERT_OK(dropped);
        ASSERT_OK((*dropped)->value("a", "1"));
        ASSERT_OK((*dropped)->key("a", true));
        ck_assert((*dropped)->key("a", true).is(Code::corrupt));
    }
    assert_same(*store, {});
    auto load = store->bulk_load();
    ASSERT_OK(load);
    ASSERT_OK((*load)->value("a", "1"));
    ASSERT_OK((*load)->key("a", true));
    ASSERT_OK(store->put("b", "2"));
    ck_assert((*load)->finish().is(Code::busy));
    assert_same(*store, {{"b", "2"}});
    // What was written and erased again counts as written, and what is old goes.
    for (const char* what : {"full", "emptied"}) {
        if (what == std::string_view("emptied")) {
            ASSERT_OK(store->erase("a"));
            ASSERT_OK(store->put("/mark", "stays not"));
        }
        auto next = store->bulk_load();
        ASSERT_OK(next);
        ASSERT_OK((*next)->value("a", what));
        ASSERT_OK((*next)->key("a", true));
        ASSERT_OK((*next)->finish());
        assert_same(*store, {{"a", what}});
        ASSERT_OK(store->check());
    }
}
END_TEST

START_TEST(copy_is_whole)
{
    const TempDir dir;
    Random random(5);
    auto store = open_store(dir.file("db"));
    Model model;
    for (int i = 0; i < 10; ++i) random_changes(*store, model, random, 200, false);
    ASSERT_OK(store->copy_to(dir.file("copy")));
    random_changes(*store, model, random, 1, false);
    auto copy = open_store(dir.file("copy"));
    ASSERT_OK(copy->check());
    ck_assert_uint_ge(contents(*copy).size() + 1, model.size());
}
END_TEST

START_TEST(sequence_tells_of_changes)
{
    const TempDir dir;
    auto store = open_store(dir.file("db"));
    const uint64_t first = store->sequence().value();
    ck_assert_uint_eq(store->sequence().value(), first);
    ASSERT_OK(store->put("k", "v"));
    const uint64_t second = store->sequence().value();
    ck_assert_uint_ne(first, second);
    ASSERT_OK(store->transact([](Transaction& t) {
        return t.get("k") ? success() : Status(Error{Code::not_found, "k"});
    }));
    ck_assert_uint_eq(store->sequence().value(), second);
    ASSERT_OK(store->rewrite());
    ck_assert_uint_ne(store->sequence().value(), second);
}
END_TEST

// Updates in place: what grows and shrinks within its class does not wear the file out.
START_TEST(updates_do_not_grow_the_file)
{
    const TempDir dir;
    Random random(9);
    auto store = open_store(dir.file("db"));
    ASSERT_OK(store->transact([&](Transaction& t) -> Status {
        for (int i = 0; i < 5000; ++i) TRY(t.put(cat("key", i), std::string(100, 'v')));
        return success();
    }));
    ASSERT_OK(store->rewrite());
    ASSERT_OK(store->put("key1", "w"));
    const auto before = store->statistics();
    ASSERT_OK(before);
    for (int round = 0; round < 100; ++round)
        ASSERT_OK(store->transact([&](Transaction& t) -> Status {
            for (int i = 0; i < 100; ++i)
                TRY(t.put(cat("key", random.below(5000)), std::string(90 + random.below(20), 'w')));
            return success();
        }));
    const auto after = store->statistics();
    ASSERT_OK(after);
    ck_assert_uint_le(after->file_bytes, before->file_bytes * 3 / 2);
    ck_assert_uint_le(after->free_list, before->free_list + 200);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("tdb_store");
    TCase* c = tcase_create("tdb_store");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, random_operations_equal_a_map, 0, 6);
    tcase_add_loop_test(c, scan_seeks_forward, 0, 3);
    tcase_add_test(c, scan_callback_may_write);
    tcase_add_test(c, limits_are_refused);
    tcase_add_test(c, one_process_opens_a_file_once);
    tcase_add_test(c, what_is_not_ours_is_left_alone);
    tcase_add_test(c, damage_is_noticed);
    tcase_add_test(c, newer_format_is_refused);
    tcase_add_test(c, bulk_load_is_the_same_as_transactions);
    tcase_add_test(c, bulk_load_takes_the_place_of_what_was_there_when_it_began);
    tcase_add_test(c, copy_is_whole);
    tcase_add_test(c, sequence_tells_of_changes);
    tcase_add_test(c, updates_do_not_grow_the_file);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
