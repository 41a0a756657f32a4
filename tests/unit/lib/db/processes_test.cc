// Several processes on one store: scans beside writers, writers that are killed at any moment.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/db/tdb_store.h"
#include "tests/unit/lib/db/random.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::db;
using rookery::test::Random;
using rookery::test::TempDir;

namespace {

std::unique_ptr<TdbStore> open_store(const std::string& path)
{
    TdbOptions options;
    options.durable = false;
    auto store = TdbStore::open(path, options);
    if (!store) panic(store.error().text);
    return *std::move(store);
}

// Runs work in a child, which ends with status 0 if it returns true.
template <class Work>
pid_t spawn(Work work)
{
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) _exit(work() ? 0 : 1);
    return pid;
}

int wait_for(pid_t pid)
{
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

std::string fixed_key(int i)
{
    return cat("Kuser", i, "\x1f", i % 7);
}

// Two writers and a rewriter work; a reader sees every fixed key exactly once, in order, and finds
// pairs that change together equal.
START_TEST(scans_beside_writers)
{
    const TempDir dir;
    const std::string path = dir.file("db");
    constexpr int kFixed = 3000;
    {
        auto store = open_store(path);
        const Status filled = store->transact([](Transaction& t) -> Status {
            for (int i = 0; i < kFixed; ++i) TRY(t.put(fixed_key(i), "fixed"));
            return success();
        });
        ASSERT_OK(filled);
    }
    std::vector<pid_t> writers;
    for (uint64_t seed = 1; seed <= 2; ++seed)
        writers.push_back(spawn([&] {
            auto store = open_store(path);
            Random random(seed);
            for (int round = 0; round < 400; ++round) {
                const Status done = store->transact([&](Transaction& t) -> Status {
                    for (uint64_t n = random.below(40); n > 0; --n) {
                        const std::string key = cat("Kuser", random.below(4000), "\x1fw", seed);
                        if (random.one_in(2))
                            TRY(t.put(key, random.value()));
                        else
                            (void)t.erase(key).ok();
                    }
                    return success();
                });
                if (!done) return false;
                if (seed == 1 && round % 100 == 50 && !store->rewrite()) return false;
            }
            return true;
        }));
    auto store = open_store(path);
    int scans = 0;
    size_t running = writers.size();
    while (running > 0) {
        std::string last;
        int fixed = 0;
        const Status done = store->scan("", [&](std::string_view key, std::string_view value) {
            if (!last.empty() && key <= last) panic("out of order");
            last = std::string(key);
            if (value == "fixed") ++fixed;
            return Next::go_on();
        });
        ASSERT_OK(done);
        ck_assert_int_eq(fixed, kFixed);
        for (int i = 0; i < 50; ++i) ASSERT_OK(store->get(fixed_key(i * 13)));
        ++scans;
        int status = 0;
        while (running > 0 && waitpid(-1, &status, WNOHANG) > 0) {
            ck_assert_int_eq(status, 0);
            --running;
        }
    }
    ck_assert_int_gt(scans, 3);
    ASSERT_OK(store->check());
}
END_TEST

struct Ack {
    uint64_t batch;
    uint64_t seed;
};

// What batch n of a writer does: a pure function, so that the parent can do it again.
void apply(uint64_t seed, uint64_t batch, const std::function<void(std::string, std::string)>& put)
{
    Random random(seed * 1000 + batch);
    for (uint64_t n = 1 + random.below(60); n > 0; --n) {
        std::string key = cat("w", seed, random.key(200));
        put(std::move(key),
            random.one_in(3) ? "" : cat("batch ", batch, std::string(random.below(400), '.')));
    }
    put(cat("w", seed, "last"), cat(batch));
}

bool write_until_killed(const std::string& path, uint64_t seed, uint64_t from, int acks)
{
    auto store = open_store(path);
    for (uint64_t batch = from;; ++batch) {
        const Status done = store->transact([&](Transaction& t) -> Status {
            Status all = success();
            apply(seed, batch, [&](const std::string& key, const std::string& value) {
                // An empty value stands for a key that goes.
                if (value.empty())
                    (void)t.erase(key).ok();
                else if (all)
                    all = t.put(key, value);
            });
            return all;
        });
        if (!done) return false;
        const Ack ack{batch, seed};
        if (write(acks, &ack, sizeof ack) != sizeof ack) return false;
    }
}

// Writers are killed with SIGKILL at random moments. Every batch that was acknowledged is there as
// a whole; of the one that was not, all or nothing.
START_TEST(killed_writers_lose_nothing)
{
    const TempDir dir;
    const std::string path = dir.file("db");
    std::map<uint64_t, std::map<std::string, std::string>> models;
    std::map<uint64_t, uint64_t> next{{1, 0}, {2, 0}};
    const auto advance = [&](uint64_t seed) {
        apply(seed, next[seed]++, [&](const std::string& key, const std::string& value) {
            if (value.empty())
                models[seed].erase(key);
            else
                models[seed][key] = value;
        });
    };
    Random random(4711);
    for (int round = 0; round < 40; ++round) {
        auto pipe = make_pipe();
        ASSERT_OK(pipe);
        std::vector<pid_t> pids;
        for (uint64_t seed = 1; seed <= 2; ++seed)
            pids.push_back(spawn([&, seed] {
                return write_until_killed(path, seed, next[seed], pipe->write_end.get());
            }));
        pipe->write_end.reset();
        std::map<uint64_t, uint64_t> acked;
        Ack ack{};
        for (uint64_t n = 1 + random.below(30); n > 0; --n) {
            ck_assert_int_eq(static_cast<int>(read(pipe->read_end.get(), &ack, sizeof ack)),
                             sizeof ack);
            acked[ack.seed] = ack.batch + 1;
        }
        usleep(static_cast<useconds_t>(random.below(3000)));
        for (pid_t pid : pids) kill(pid, SIGKILL);
        for (pid_t pid : pids) ck_assert(WIFSIGNALED(wait_for(pid)));
        while (read(pipe->read_end.get(), &ack, sizeof ack) == sizeof ack)
            acked[ack.seed] = ack.batch + 1;

        auto store = open_store(path);
        ASSERT_OK(store->check());
        for (uint64_t seed = 1; seed <= 2; ++seed) {
            while (next[seed] < acked[seed]) advance(seed);
            auto last = store->get(cat("w", seed, "last"));
            if (last && *last == cat(next[seed])) advance(seed);  // committed, not acknowledged
            std::map<std::string, std::string> found;
            const std::string space = cat("w", seed);
            const Status done =
                store->scan(space, [&](std::string_view key, std::string_view value) {
                    if (!key.starts_with(space)) return Next::stop();
                    found.emplace(key, value);
                    return Next::go_on();
                });
            ASSERT_OK(done);
            ck_assert_msg(found == models[seed], "round %d: the store differs", round);
        }
    }
    ck_assert_uint_gt(next[1] + next[2], 100);
}
END_TEST

// Eight readers in tight loops: a writer still gets its commits done.
START_TEST(readers_let_a_writer_pass)
{
    const TempDir dir;
    const std::string path = dir.file("db");
    auto store = open_store(path);
    for (int i = 0; i < 500; ++i) ASSERT_OK(store->put(cat("key", i), "value"));
    store.reset();
    std::vector<pid_t> readers;
    for (int i = 0; i < 8; ++i)
        readers.push_back(spawn([&] {
            auto mine = open_store(path);
            for (;;)
                if (!mine->scan("", [](auto, auto) { return Next::go_on(); })) return false;
        }));
    store = open_store(path);
    const auto start = monotonic_now();
    for (int i = 0; i < 40; ++i) ASSERT_OK(store->put(cat("key", i), cat("round ", i)));
    const auto took = monotonic_now() - start;
    for (pid_t pid : readers) kill(pid, SIGKILL);
    for (pid_t pid : readers) ck_assert(WIFSIGNALED(wait_for(pid)));
    ck_assert_msg(took < Seconds(20), "40 commits took %lld ms",
                  static_cast<long long>(std::chrono::duration_cast<Milliseconds>(took).count()));
    ASSERT_OK(store->check());
}
END_TEST

// A writer that was killed with its word raised delays a reader at most once.
START_TEST(a_raised_word_is_forgotten)
{
    const TempDir dir;
    ck_assert_int_eq(wait_for(spawn([&] {
                         auto mine = Gate::open(dir.file("gate"));
                         if (mine) mine->raise();
                         _exit(mine ? 0 : 1);
                         return true;
                     })),
                     0);
    auto gate = Gate::open(dir.file("gate"));
    ASSERT_OK(gate);
    const auto start = monotonic_now();
    gate->wait();
    ck_assert(monotonic_now() - start < Seconds(5));
    const auto again = monotonic_now();
    for (int i = 0; i < 1000; ++i) gate->wait();
    ck_assert(monotonic_now() - again < Seconds(5));
    gate->raise();
    const auto living = monotonic_now();
    ck_assert_int_eq(wait_for(spawn([&] {
                         auto mine = Gate::open(dir.file("gate"));
                         if (mine) mine->wait();
                         return mine.ok();
                     })),
                     0);
    ck_assert(monotonic_now() - living > 2 * Gate::kMaxWait);
    gate->lower();
    auto other = Gate::open(dir.file("gate"));
    ASSERT_OK(other);
    other->set_inode(7);
    ck_assert_uint_eq(gate->inode(), 7);
}
END_TEST

// A process that has the store open goes on with the new file after another rewrote it.
START_TEST(a_rewrite_is_noticed)
{
    const TempDir dir;
    const std::string path = dir.file("db");
    auto go = make_pipe();
    ASSERT_OK(go);
    // Begun before the store is opened here: an open store does not go across a fork.
    const pid_t other = spawn([&] {
        char byte = 0;
        if (read(go->read_end.get(), &byte, 1) != 1) return false;
        auto mine = open_store(path);
        return mine->rewrite().ok() && mine->put("k", "after").ok();
    });
    auto store = open_store(path);
    ASSERT_OK(store->put("k", "before"));
    ASSERT_OK(write_all(go->write_end.get(), "g"));
    ck_assert_int_eq(wait_for(other), 0);
    auto got = store->get("k");
    ASSERT_OK(got);
    ASSERT_EQ_TEXT(*got, "after");
    ASSERT_OK(store->put("k2", "written"));
    store.reset();
    ASSERT_OK(open_store(path)->get("k2"));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("processes");
    TCase* c = tcase_create("processes");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, scans_beside_writers);
    tcase_add_test(c, killed_writers_lose_nothing);
    tcase_add_test(c, readers_let_a_writer_pass);
    tcase_add_test(c, a_raised_word_is_forgotten);
    tcase_add_test(c, a_rewrite_is_noticed);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
