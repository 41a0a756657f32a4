// A record is the space and the key's SHA-256, with the time in decimal.
//
// Damage is met when the file is opened or in the middle of an operation. Either way whoever meets
// it takes <path>.lock, renames the file if it is still the one that was found damaged (its inode),
// opens what is there now, and does the operation again.
#include "lib/db/expiring_set.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/db/tdb_store.h"

namespace rookery::db {

namespace {

constexpr uint64_t kExpectedRecords = 10'000;
constexpr int kTries = 3;

template <class T>
bool is_damage(const Result<T>& done)
{
    return done.is(Code::corrupt) || done.is(Code::syntax) || done.is(Code::unsupported);
}

// 0: there is none.
ino_t inode_of(const std::string& path)
{
    struct stat st = {};
    return ::stat(path.c_str(), &st) == 0 ? st.st_ino : 0;
}

Result<std::unique_ptr<OrderedStore>> open_store(const std::string& path)
{
    TdbOptions options;
    options.durable = false;
    options.expected_count = kExpectedRecords;
    TRY_ASSIGN(auto store, TdbStore::open(path, options));
    return std::unique_ptr<OrderedStore>(std::move(store));
}

Result<Fd> take_lock(const std::string& path)
{
    TRY_ASSIGN(Fd fd, open_file(path, O_RDWR | O_CREAT));
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    while (::fcntl(fd.get(), F_SETLKW, &lock) != 0)
        if (errno != EINTR) return errno_error(path);
    return fd;
}

bool counts(std::string_view value, int64_t now)
{
    const auto until = to_uint64(value, INT64_MAX);
    if (!until) return false;
    const auto time = static_cast<int64_t>(*until);
    return time > now && time - now <= kMaxAhead;
}

bool is_old(std::string_view value, int64_t than, int64_t now)
{
    const auto until = to_uint64(value, INT64_MAX);
    if (!until) return true;
    const auto time = static_cast<int64_t>(*until);
    return time <= than || time - now > kMaxAhead;
}

std::string value_of(int64_t until)
{
    return cat(std::max<int64_t>(until, 0));
}

}  // namespace

Result<ExpiringSet> ExpiringSet::open(const std::string& path, char space)
{
    ExpiringSet set(path, space);
    TRY(set.with_store([] { return success(); }));
    return set;
}

Result<std::string> ExpiringSet::key_of(std::string_view key) const
{
    if (key.size() > kMaxExpiringKey) return Error{Code::limit, "a key that is too long"};
    unsigned char digest[SHA256_DIGEST_LENGTH];
    ::SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest);
    std::string whole(1, space_);
    whole.append(reinterpret_cast<const char*>(digest), sizeof digest);
    return whole;
}

Status ExpiringSet::set_aside()
{
    const std::string aside = cat(path_, ".damaged-", wall_seconds());
    if (::rename(path_.c_str(), aside.c_str()) != 0) return errno_error(cat("rename ", path_));
    log::error("what was known until now is not known any more",
               {{"file", path_}, {"kept", aside}});
    return success();
}

Status ExpiringSet::reopen(ino_t damaged)
{
    TRY_ASSIGN(const Fd lock, take_lock(cat(path_, ".lock")));
    store_.reset();
    if (damaged != 0 && inode_of(path_) == damaged) TRY(set_aside());
    auto store = open_store(path_);
    if (is_damage(store)) {
        log::warning("a file is damaged", {{"file", path_}, {"reason", store.error()}});
        TRY(set_aside());
        store = open_store(path_);
    }
    TRY_ASSIGN(store_, std::move(store));
    inode_ = inode_of(path_);
    return success();
}

template <class Work>
auto ExpiringSet::with_store(const Work& work) -> decltype(work())
{
    ino_t damaged = 0;
    for (int tries = 1;; ++tries) {
        Status there = store_ && damaged == 0 ? success() : reopen(damaged);
        auto done = there ? work() : decltype(work())(there.error());
        if (!is_damage(done) || tries == kTries) return done;
        log::warning("a file is damaged", {{"file", path_}, {"reason", done.error()}});
        damaged = inode_;
    }
}

Result<bool> ExpiringSet::claim(std::string_view key, int64_t until, int64_t now)
{
    TRY_ASSIGN(const std::string whole, key_of(key));
    return with_store([&]() -> Result<bool> {
        bool ours = false;
        auto test_and_set = [&](Transaction& t) -> Status {
            auto there = t.get(whole);
            if (!there && !there.is(Code::not_found)) return std::move(there).error();
            ours = !there || !counts(*there, now);
            return ours ? t.put(whole, value_of(until)) : success();
        };
        TRY(store_->transact(test_and_set));
        return ours;
    });
}

Result<bool> ExpiringSet::has(std::string_view key, int64_t now)
{
    TRY_ASSIGN(const std::string whole, key_of(key));
    return with_store([&]() -> Result<bool> {
        auto there = store_->get(whole);
        if (there.is(Code::not_found)) return false;
        if (!there) return std::move(there).error();
        return counts(*there, now);
    });
}

Result<bool> ExpiringSet::is_recorded(std::string_view key)
{
    TRY_ASSIGN(const std::string whole, key_of(key));
    return with_store([&]() -> Result<bool> {
        auto there = store_->get(whole);
        if (there.is(Code::not_found)) return false;
        if (!there) return std::move(there).error();
        return true;
    });
}

Status ExpiringSet::put(std::string_view key, int64_t until)
{
    TRY_ASSIGN(const std::string whole, key_of(key));
    return with_store([&] { return store_->put(whole, value_of(until)); });
}

Status ExpiringSet::put(std::span<const std::string> keys, int64_t until)
{
    while (!keys.empty()) {
        const auto batch = keys.first(std::min(keys.size(), kMaxBatch));
        auto put_all = [&](Transaction& t) -> Status {
            for (const std::string& key : batch) {
                TRY_ASSIGN(const std::string whole, key_of(key));
                TRY(t.put(whole, value_of(until)));
            }
            return success();
        };
        TRY(with_store([&] { return store_->transact(put_all); }));
        keys = keys.subspan(batch.size());
    }
    return success();
}

// Looked at again under the write lock: somebody may have claimed it anew.
Result<uint64_t> ExpiringSet::remove_some(const std::string& from, int64_t than, int64_t now,
                                          std::string& next)
{
    std::vector<std::string> old;
    next.clear();
    TRY(store_->scan(from, [&](std::string_view key, std::string_view value) {
        if (key.front() != space_) return Next::stop();
        if (old.size() == kMaxBatch) {
            next = key;
            return Next::stop();
        }
        if (is_old(value, than, now)) old.emplace_back(key);
        return Next::go_on();
    }));
    uint64_t removed = 0;
    if (old.empty()) return removed;
    auto remove = [&](Transaction& t) -> Status {
        removed = 0;
        for (const std::string& key : old) {
            auto there = t.get(key);
            if (there.is(Code::not_found)) continue;
            if (!there) return std::move(there).error();
            if (!is_old(*there, than, now)) continue;
            TRY(t.erase(key));
            ++removed;
        }
        return success();
    };
    TRY(store_->transact(remove));
    return removed;
}

Result<uint64_t> ExpiringSet::remove_older(int64_t than, int64_t now)
{
    std::string from(1, space_);
    uint64_t removed = 0;
    while (!from.empty()) {
        std::string next;
        TRY_ASSIGN(const uint64_t some,
                   with_store([&] { return remove_some(from, than, now, next); }));
        removed += some;
        from = std::move(next);
    }
    return removed;
}

}  // namespace rookery::db
