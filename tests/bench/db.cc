// tests/bench/db [count [directory]]: what lib/db costs, and whether it stands kills at that size.
//
// Prints a table of figures beside the targets of doc/ARCHITECTURE.md, then kills writers in
// mid-transaction and checks that every acknowledged batch is there and nothing else changed.
// Exit 1: something was lost, the check failed, or the free list rises. 0: not, whatever the times.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"
#include "lib/db/tdb_store.h"

namespace {

using namespace rookery;
using namespace rookery::db;

uint64_t random_state = 88172645463325252u;

uint64_t below(uint64_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % n;
}

template <class T>
T must(Result<T> result)
{
    if (!result) panic(result.error().text);
    return *std::move(result);
}

// Processor time: what other work the machine has does not count.
double seconds(const std::function<void()>& work)
{
    const clock_t start = clock();
    work();
    return static_cast<double>(clock() - start) / CLOCKS_PER_SEC;
}

double wall(const std::function<void()>& work)
{
    const auto start = monotonic_now();
    work();
    return std::chrono::duration<double>(monotonic_now() - start).count();
}

void row(const char* what, double value, const char* unit, const char* target)
{
    std::printf("%-44s %12.2f %-10s %s\n", what, value, unit, target);
    std::fflush(stdout);
}

// Ten mailboxes to a user, in list order.
std::string key_of(uint64_t i)
{
    char user[32];
    std::snprintf(user, sizeof user, "%08llu", static_cast<unsigned long long>(i / 10));
    return cat("Muser\x1fu", user,
               i % 10 == 0 ? ""
                           : cat("\x1f"
                                 "folder",
                                 i % 10));
}

std::string value_of(uint64_t i)
{
    return cat("1 active none backend", i % 8, ".example.org default 0123456789abcdef 1700000000 ",
               i, " u", i / 10, "\tlrswipkxtecdan\t");
}

std::unique_ptr<TdbStore> open_store(const std::string& path, bool durable)
{
    TdbOptions options;
    options.durable = durable;
    return must(TdbStore::open(path, options));
}

void load(const std::string& path, uint64_t count)
{
    auto store = open_store(path, false);
    const double took = seconds([&] {
        for (uint64_t at = 0; at < count; at += kMaxBatch)
            must(store->transact([&](Transaction& t) -> Status {
                for (uint64_t i = at; i < std::min(count, at + kMaxBatch); ++i)
                    TRY(t.put(key_of(i), value_of(i)));
                return success();
            }));
    });
    row("load in batches of 1,000", took, "s", "< 10 at 1,000,000");
    const auto s = must(store->statistics());
    row("file", static_cast<double>(s.file_bytes) / 1048576, "MB", "");
    row("pages", static_cast<double>(s.pages), "", "");
    row("hash size", static_cast<double>(s.hash_size), "", "");
}

void read_alone(TdbStore& store, uint64_t count)
{
    constexpr int kLookups = 200'000;
    double took = seconds([&] {
        for (int i = 0; i < kLookups; ++i) must(store.get(key_of(below(count))));
    });
    row("lookup", took / kLookups * 1e6, "us", "< 10");
    took = seconds([&] {
        for (int i = 0; i < kLookups; ++i)
            if (store.get(key_of(below(count)) + "x").ok()) panic("found what is not there");
    });
    row("lookup of what is not there", took / kLookups * 1e6, "us", "< 10");
    uint64_t seen = 0;
    const ScanCallback every = [&](std::string_view, std::string_view) {
        ++seen;
        return Next::go_on();
    };
    took = seconds([&] { must(store.scan_keys("", every)); });
    row("scan of all keys", static_cast<double>(seen) / took, "keys/s", "> 1,000,000");
    seen = 0;
    took = seconds([&] { must(store.scan("", every)); });
    row("scan of all keys and values", static_cast<double>(seen) / took, "entries/s", "");
    constexpr int kScans = 5000;
    took = seconds([&] {
        for (int i = 0; i < kScans; ++i) {
            int left = 50;
            must(store.scan(key_of(below(count)), [&](std::string_view, std::string_view) {
                return --left > 0 ? Next::go_on() : Next::stop();
            }));
        }
    });
    row("50 entries from a random key", took / kScans * 1e3, "ms", "< 1");
}

// Values grow, so that records change their places: a store that does not pad them leaves holes,
// and its free list rises with every round (doc/rules.md 3.3). False: it does.
bool update_alone(TdbStore& store, uint64_t count)
{
    constexpr int kUpdates = 200'000;
    constexpr uint64_t kMaxFreeList = 10'000;
    const double took = seconds([&] {
        for (int at = 0; at < kUpdates; at += 1000)
            must(store.transact([&](Transaction& t) -> Status {
                for (int i = 0; i < 1000; ++i) {
                    const uint64_t which = below(count);
                    TRY(t.put(key_of(which), value_of(which) + std::string(below(20), 'x')));
                }
                return success();
            }));
    });
    row("200,000 random updates", took, "s", "about 5");
    const uint64_t free_list = must(store.statistics()).free_list;
    row("tdb's free list after them", static_cast<double>(free_list), "", "< 10,000");
    return free_list < kMaxFreeList;
}

void commit_durably(const std::string& path, uint64_t count)
{
    auto store = open_store(path, true);
    constexpr int kCommits = 200;
    const double took = wall([&] {
        for (int i = 0; i < kCommits; ++i) must(store->put(key_of(below(count)), value_of(1)));
    });
    row("one durable change (by the clock)", took / kCommits * 1e3, "ms", "");
}

template <class Work>
pid_t spawn(Work work)
{
    const pid_t pid = fork();
    if (pid == 0) {
        work();
        _exit(0);
    }
    return pid;
}

void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
}

void beside_readers(const std::string& path, uint64_t count)
{
    std::vector<pid_t> readers;
    for (uint64_t r = 0; r < 8; ++r)
        readers.push_back(spawn([&] {
            random_state += r * 7919;
            auto mine = open_store(path, false);
            for (;;) {
                int left = 100;
                must(mine->scan(key_of(below(count)), [&](std::string_view, std::string_view) {
                    return --left > 0 ? Next::go_on() : Next::stop();
                }));
            }
        }));
    auto store = open_store(path, false);
    int commits = 0;
    const Deadline deadline = Deadline::after(Seconds(4));
    while (!deadline.passed()) {
        must(store->put(key_of(below(count)), value_of(2)));
        ++commits;
    }
    for (const pid_t pid : readers) end(pid);
    row("commits in 4 s beside 8 tight readers", commits, "", "> 100");
}

// Two writers, killed at random; every acknowledged number must be found in its slot.
bool kills(const std::string& path, uint64_t count, int rounds)
{
    uint64_t acknowledged[2] = {0, 0};
    for (int round = 0; round < rounds; ++round) {
        Pipe pipe = must(make_pipe());
        pid_t writers[2];
        for (uint64_t w = 0; w < 2; ++w)
            writers[w] = spawn([&] {
                random_state += w * 104729 + static_cast<uint64_t>(round);
                auto mine = open_store(path, false);
                for (uint64_t n = acknowledged[w] + 1;; ++n) {
                    must(mine->transact([&](Transaction& t) -> Status {
                        for (int i = 0; i < 200; ++i)
                            TRY(t.put(cat("K", w, key_of(below(count))), cat(n)));
                        return t.put(cat("k", w), cat(n));
                    }));
                    const uint64_t ack[2] = {w, n};
                    if (write(pipe.write_end.get(), ack, sizeof ack) < 0) _exit(1);
                }
            });
        pipe.write_end.reset();
        usleep(static_cast<useconds_t>(50'000 + below(200'000)));
        for (const pid_t pid : writers) end(pid);
        uint64_t ack[2];
        while (read(pipe.read_end.get(), ack, sizeof ack) == sizeof ack)
            acknowledged[ack[0]] = ack[1];
        auto store = open_store(path, false);
        for (uint64_t w = 0; w < 2; ++w) {
            auto last = store->get(cat("k", w));
            const uint64_t found = last ? must(to_number<uint64_t>(*last)) : 0;
            if (found != acknowledged[w] && found != acknowledged[w] + 1) {
                std::printf("round %d: writer %d acknowledged %llu, found %llu\n", round,
                            static_cast<int>(w), static_cast<unsigned long long>(acknowledged[w]),
                            static_cast<unsigned long long>(found));
                return false;
            }
            acknowledged[w] = found;
        }
    }
    auto store = open_store(path, false);
    const Status good = store->check();
    if (!good) std::printf("check: %s\n", good.error().text.c_str());
    const uint64_t there = must(store->count('M'));
    std::printf(
        "%d rounds of kills: %llu batches acknowledged, %llu of %llu names there, check %s\n",
        rounds, static_cast<unsigned long long>(acknowledged[0] + acknowledged[1]),
        static_cast<unsigned long long>(there), static_cast<unsigned long long>(count),
        good ? "good" : "FAILED");
    return good.ok() && there == count;
}

}  // namespace

int main(int argc, char** argv)
{
    install_panic_handlers();
    const uint64_t count = argc > 1 ? strtoull(argv[1], nullptr, 10) : 1'000'000;
    std::string directory = argc > 2 ? argv[2] : "/tmp";
    directory += "/rookery-db-XXXXXX";
    if (count == 0 || !mkdtemp(directory.data())) return 2;
    const std::string path = directory + "/db";
    std::printf("%-44s %12s %-10s %s\n", "lib/db (processor time)", "measured", "", "target");
    load(path, count);
    bool good = true;
    {
        auto store = open_store(path, false);
        read_alone(*store, count);
        good = update_alone(*store, count);
        row("rewrite", seconds([&] { must(store->rewrite()); }), "s", "");
        row("check of everything", seconds([&] { must(store->check()); }), "s", "");
        row("copy", seconds([&] { must(store->copy_to(path + ".copy")); }), "s", "");
    }
    commit_durably(path, count);
    beside_readers(path, count);
    good = kills(path, count, 20) && good;
    for (const char* name : {"/db", "/db.gate", "/db.copy"}) unlink((directory + name).c_str());
    rmdir(directory.c_str());
    return good ? 0 : 1;
}
