// A record is the space and the key's SHA-256, with the time in decimal, a space and the note.
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

auto time_of(std::string_view value)
{
    return to_uint64(value.substr(0, value.find(' ')), INT64_MAX);
}

bool counts(std::string_view value, int64_t now)
{
    const auto until = time_of(value);
    if (!until) return false;
    const auto time = static_cast<int64_t>(*until);
    return time > now && time - now <= kMaxAhead;
}

bool is_old(std::string_view value, int64_t than, int64_t now)
{
    const auto until = time_of(value);
    if (!until) return true;
    const auto time = static_cast<int64_t>(*until);
    return time <= than || time - now > kMaxAhead;
}

std::string value_of(int64_t until, std::string_view note = {})
{
    return cat(std::max<int64_t>(until, 0), note.empty() ? "" : " ", note);
}

}  // namespace

// The file as all sets of a process that lie in it have it open.
struct ExpiringSet::File {
    std::string path;
    ino_t inode = 0;
    std::unique_ptr<OrderedStore> store = nullptr;  // null: it could not be opened again

    Status set_aside() const;
    // damaged: the file that was found so, if it is still there. 0: none.
    Status reopen(ino_t damaged);
    template <class Work>
    auto with_store(const Work& work) -> decltype(work());
};

Result<ExpiringSet> ExpiringSet::open(const std::string& path, char space)
{
    auto file = std::make_shared<File>(File{path});
    TRY(file->with_store([] { return success(); }));
    return ExpiringSet(std::move(file), space);
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

Status ExpiringSet::File::set_aside() const
{
    const std::string aside = cat(path, ".damaged-", wall_seconds());
    if (::rename(path.c_str(), aside.c_str()) != 0) return errno_error(cat("rename ", path));
    log::error("what was known until now is not known any more", {{"file", path}, {"kept", aside}});
    return success();
}

Status ExpiringSet::File::reopen(ino_t damaged)
{
    TRY_ASSIGN(const Fd lock, take_lock(cat(path, ".lock")));
    store.reset();
    if (damaged != 0 && inode_of(path) == damaged) TRY(set_aside());
    auto opened = open_store(path);
    if (is_damage(opened)) {
        log::warning("a file is damaged", {{"file", path}, {"reason", opened.error()}});
        TRY(set_aside());
        opened = open_store(path);
    }
    TRY_ASSIGN(store, std::move(opened));
    inode = inode_of(path);
    return success();
}

template <class Work>
auto ExpiringSet::File::with_store(const Work& work) -> decltype(work())
{
    ino_t damaged = 0;
    for (int tries = 1;; ++tries) {
        Status there = store && damaged == 0 ? success() : reopen(damaged);
        auto done = there ? work() : decltype(work())(there.error());
        if (!is_damage(done) || tries == kTries) return done;
        log::warning("a file is damaged", {{"file", path}, {"reason", done.error()}});
        damaged = inode;
    }
}

Result<bool> ExpiringSet::claim(std::string_view key, int64_t until, int64_t now)
{
    TRY_ASSIGN(const std::string whole, key_of(key));
    return file_->with_store([&]() -> Result<bool> {
        bool ours = false;
        auto test_and_set = [&](Transaction& t) -> Status {
            auto there = t.get(whole);
            if (!there && !there.is(Code::not_found)) return std::move(there).error();
            ours = !there || !counts(*there, now);
            return ours ? t.put(whole, value_of(until)) : success();
        };
        TRY(file_->store->transact(test_and_set));
        return ours;
    });
}

Result<bool> ExpiringSet::has(std::string_view key, int64_t now)
{
    TRY_ASSIGN(const std::string whole, key_of(key));
    return file_->with_store([&]() -> Result<bool> {
        auto there = file_->store->get(whole);
        if (there.is(Code::not_found)) return false;
        if (!there) return std::move(there).error();
        return counts(*there, now);
    });
}

Result<bool> ExpiringSet::is_recorded(std::string_view key)
{
    TRY_ASSIGN(const std::string whole, key_of(key));
    return file_->with_store([&]() -> Result<bool> {
        auto there = file_->store->get(whole);
        if (there.is(Code::not_found)) return false;
        if (!there) return std::move(there).error();
        return true;
    });
}

Status ExpiringSet::put(std::string_view key, int64_t until)
{
    TRY_ASSIGN(const std::string whole, key_of(key));
    return file_->with_store([&] { return file_->store->put(whole, value_of(until)); });
}

template <class Change>
Status ExpiringSet::change_all(std::span<const std::string> keys, const Change& change)
{
    while (!keys.empty()) {
        const auto batch = keys.first(std::min(keys.size(), kMaxBatch));
        auto change_batch = [&](Transaction& t) -> Status {
            for (const std::string& key : batch) {
                TRY_ASSIGN(const std::string whole, key_of(key));
                TRY(change(t, whole));
            }
            return success();
        };
        TRY(file_->with_store([&] { return file_->store->transact(change_batch); }));
        keys = keys.subspan(batch.size());
    }
    return success();
}

Status ExpiringSet::put(std::span<const std::string> keys, int64_t until, std::string_view note)
{
    if (note.size() > kMaxExpiringNote) return Error{Code::limit, "a note that is too long"};
    return change_all(keys, [&](Transaction& t, const std::string& whole) {
        return t.put(whole, value_of(until, note));
    });
}

Status ExpiringSet::remove(std::span<const std::string> keys)
{
    return change_all(keys, [](Transaction& t, const std::string& whole) {
        Status done = t.erase(whole);
        return done.is(Code::not_found) ? success() : done;
    });
}

Result<std::optional<std::string>> ExpiringSet::note(std::string_view key, int64_t now)
{
    TRY_ASSIGN(const std::string whole, key_of(key));
    return file_->with_store([&]() -> Result<std::optional<std::string>> {
        auto there = file_->store->get(whole);
        if (there.is(Code::not_found)) return std::optional<std::string>();
        if (!there) return std::move(there).error();
        if (!counts(*there, now)) return std::optional<std::string>();
        const size_t space = there->find(' ');
        return std::optional(space == std::string::npos ? std::string() : there->substr(space + 1));
    });
}

// Looked at again under the write lock: somebody may have claimed it anew.
Result<uint64_t> ExpiringSet::remove_some(const std::string& from, int64_t than, int64_t now,
                                          std::string& next)
{
    std::vector<std::string> old;
    next.clear();
    TRY(file_->store->scan(from, [&](std::string_view key, std::string_view value) {
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
    TRY(file_->store->transact(remove));
    return removed;
}

Result<uint64_t> ExpiringSet::remove_older(int64_t than, int64_t now)
{
    std::string from(1, space_);
    uint64_t removed = 0;
    while (!from.empty()) {
        std::string next;
        TRY_ASSIGN(const uint64_t some,
                   file_->with_store([&] { return remove_some(from, than, now, next); }));
        removed += some;
        from = std::move(next);
    }
    return removed;
}

}  // namespace rookery::db
