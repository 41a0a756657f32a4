// A damaged store is replaced by one that is complete before it takes the name, so that a crash
// leaves the old file, none (made again from the copy as well), or the new one.
#include "imap/store/quota_roots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "imap/store/mailbox_lock.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/db/flat_store.h"
#include "lib/db/tdb_store.h"

namespace rookery::store {

namespace {

using mailbox::QuotaLimits;
using mailbox::Resource;
using model::MailboxName;

constexpr char kSpace = 'Q';
constexpr uint64_t kExpectedRoots = 10'000;
constexpr std::string_view kFirstLine = "rookery quotas 1\n";
constexpr size_t kMaxCopy = 256u << 20;
constexpr Milliseconds kLockWait{10'000};

struct Root {
    std::string key;
    std::string limits;
};

std::string key_of(const MailboxName& root)
{
    return cat(kSpace, root.key());
}

std::string to_text(const QuotaLimits& limits)
{
    std::string out;
    for (size_t i = 0; i < mailbox::kResources; ++i)
        if (limits.of[i])
            cat_to(out, out.empty() ? "" : " ", mailbox::resource_name(static_cast<Resource>(i)),
                   ' ', *limits.of[i]);
    return out;
}

// Resources that a newer version knows are left out.
Result<QuotaLimits> parse_limits(std::string_view text)
{
    QuotaLimits limits;
    const auto words = split(text, ' ', false);
    for (size_t i = 0; i + 1 < words.size(); i += 2) {
        auto number = to_number<uint64_t>(words[i + 1]);
        if (!number) return Error{Code::corrupt, "a quota root cannot be read"};
        for (const auto& named : mailbox::kResourceNames)
            if (named.name == words[i]) limits[named.resource] = *number;
    }
    return limits;
}

bool is_damage(const Status& done)
{
    return done.is(Code::corrupt) || done.is(Code::syntax) || done.is(Code::unsupported);
}

// Every line that can be read; one that was cut has no line break and is left out.
Result<std::vector<Root>> read_copy(const std::string& path)
{
    std::vector<Root> roots;
    TRY_ASSIGN(const std::string text, read_file(path, kMaxCopy));
    if (!text.starts_with(kFirstLine))
        return Error{Code::corrupt, cat(path, ": not a copy of quota limits of this version")};
    std::string_view rest = std::string_view(text).substr(kFirstLine.size());
    for (size_t end; (end = rest.find('\n')) != rest.npos; rest.remove_prefix(end + 1)) {
        const std::string_view line = rest.substr(0, end);
        const size_t tab = line.find('\t');
        if (tab == line.npos) continue;
        auto name = MailboxName::from_internal(line.substr(0, tab));
        if (name && parse_limits(line.substr(tab + 1)))
            roots.push_back({key_of(*name), std::string(line.substr(tab + 1))});
    }
    return roots;
}

// A flat store takes any text for lines of its own. Ours begins with what it is.
Status check_first_line(const std::string& path)
{
    constexpr std::string_view kWanted = "#flat ";
    TRY_ASSIGN(const Fd file, open_file(path, O_RDONLY));
    std::string start(kWanted.size(), '\0');
    if (::read(file.get(), start.data(), start.size()) < 0) return errno_error(path);
    return start == kWanted ? success() : Error{Code::corrupt, cat(path, " is not a flat store")};
}

Result<std::string> text_of(db::OrderedStore& store)
{
    std::string text(kFirstLine);
    TRY(store.scan(std::string(1, kSpace), [&](std::string_view key, std::string_view limits) {
        if (key.empty() || key.front() != kSpace) return db::Next::stop();
        if (auto name = MailboxName::from_key(key.substr(1)))
            cat_to(text, name->internal(), '\t', limits, '\n');
        return db::Next::go_on();
    }));
    return text;
}

}  // namespace

QuotaRoots::QuotaRoots(const config::Config& config)
    : path_(cat(config.configdirectory(), "/quotas",
                config.quota_db() == config::QuotaDb::flat ? ".flat" : ".tdb")),
      copy_(config.configdirectory() + "/quotas.limits"),
      flat_(config.quota_db() == config::QuotaDb::flat)
{
}

Result<std::unique_ptr<db::OrderedStore>> QuotaRoots::open_store(const std::string& path) const
{
    if (flat_) {
        TRY_ASSIGN(auto flat, db::FlatStore::open(path, {}));
        TRY(check_first_line(path));
        return std::unique_ptr<db::OrderedStore>(std::move(flat));
    }
    db::TdbOptions options;
    options.expected_count = kExpectedRoots;
    TRY_ASSIGN(auto tdb, db::TdbStore::open(path, options));
    return std::unique_ptr<db::OrderedStore>(std::move(tdb));
}

Result<db::OrderedStore*> QuotaRoots::opened(bool make)
{
    struct stat st {};
    const bool there = ::stat(path_.c_str(), &st) == 0;
    if (!there && errno != ENOENT) return errno_error(path_);
    if (!there) {
        roots_.reset();
        const bool copied = ::access(copy_.c_str(), F_OK) == 0;
        if (!copied && !make) return nullptr;
        if (copied) {
            TRY(restore(Error{Code::not_found, cat(path_, " is missing")}, 0));
            return roots_.get();
        }
    } else if (st.st_size == 0 || (!flat_ && roots_ && st.st_ino == inode_ && st.st_size < size_)) {
        // What was mapped of it is not there any more: not to be touched.
        TRY(restore(Error{Code::corrupt, cat(path_, " was cut")}, st.st_ino));
        return roots_.get();
    }
    // Another process has put a new one in its place; of the old one nothing may be left to touch.
    if (!flat_ && there && st.st_ino != inode_) roots_.reset();
    if (flat_ && roots_ && (st.st_ino != inode_ || st.st_size != size_) && !check_first_line(path_))
        roots_.reset();
    if (!roots_) {
        auto store = open_store(path_);
        if (!store && is_damage(store.error())) {
            TRY(restore(store.error(), st.st_ino));
            return roots_.get();
        }
        if (!store) return store.error();
        roots_ = *std::move(store);
        if (!there && ::stat(path_.c_str(), &st) != 0) return errno_error(path_);
        if (::access(copy_.c_str(), F_OK) != 0) {
            TRY_ASSIGN(MailboxLock lock, MailboxLock::take_file(copy_ + ".lock", kLockWait));
            TRY(write_copy(*roots_));
        }
    }
    inode_ = st.st_ino;
    size_ = st.st_size;
    return roots_.get();
}

Status QuotaRoots::read(const Work& work)
{
    TRY_ASSIGN(db::OrderedStore * store, opened(false));
    if (store == nullptr) return success();
    Status done = work(*store);
    if (!is_damage(done)) return done;
    TRY(restore(done.error(), inode_));
    return work(*roots_);
}

Status QuotaRoots::change(bool make, const Change& change)
{
    TRY_ASSIGN(db::OrderedStore * store, opened(make));
    if (store == nullptr) return success();
    Status done = change_locked(*store, change);
    if (!is_damage(done)) return done;
    TRY(restore(done.error(), inode_));
    return change_locked(*roots_, change);
}

Status QuotaRoots::change_locked(db::OrderedStore& store, const Change& change)
{
    TRY_ASSIGN(MailboxLock lock, MailboxLock::take_file(copy_ + ".lock", kLockWait));
    TRY(store.transact(change));
    // What was asked for is done; the next change, or ctl_cyrusdb -r, writes the copy again.
    if (Status written = write_copy(store); !written)
        log::warning("quota limits not copied", {{"file", copy_}, {"reason", written.error()}});
    return success();
}

Status QuotaRoots::write_copy(db::OrderedStore& store)
{
    TRY_ASSIGN(const std::string text, text_of(store));
    return replace_file(copy_, text);
}

Status QuotaRoots::restore(const Error& why, ino_t found)
{
    TRY_ASSIGN(MailboxLock lock, MailboxLock::take_file(copy_ + ".lock", kLockWait));
    roots_.reset();
    struct stat st {};
    bool there = ::stat(path_.c_str(), &st) == 0;
    // Another process may have been quicker.
    if (!there || st.st_ino == found) {
        TRY(make_from_copy(why, there));
        if (::stat(path_.c_str(), &st) != 0) return errno_error(path_);
    }
    TRY_ASSIGN(roots_, open_store(path_));
    inode_ = st.st_ino;
    size_ = st.st_size;
    return success();
}

Status QuotaRoots::make_from_copy(const Error& why, bool there)
{
    auto roots = read_copy(copy_);
    if (!roots) log::error("quota limits are lost: set them again", {{"reason", roots.error()}});
    const size_t count = roots ? roots->size() : 0;
    const std::string fresh = cat(path_, ".NEW-", static_cast<int64_t>(::getpid()));
    Status made = success();
    {
        ::unlink(fresh.c_str());
        TRY_ASSIGN(auto store, open_store(fresh));
        if (count > 0)
            made = store->transact([&](db::Transaction& t) -> Status {
                for (const Root& root : *roots) TRY(t.put(root.key, root.limits));
                return success();
            });
    }
    ::unlink(cat(fresh, flat_ ? ".lock" : ".gate").c_str());
    const std::string aside = cat(path_, ".damaged-", wall_seconds());
    if (made && there && ::rename(path_.c_str(), aside.c_str()) != 0)
        made = errno_error(cat("rename ", path_));
    if (made && ::rename(fresh.c_str(), path_.c_str()) != 0)
        made = errno_error(cat("rename ", fresh));
    if (made) made = sync_directory(directory_of(path_));
    if (!made) {
        ::unlink(fresh.c_str());
        return made;
    }
    log::error("the quota roots were damaged: made again from their copy",
               {{"reason", why}, {"roots", count}, {"copy", copy_}, {"kept", there ? aside : "-"}});
    return success();
}

Result<bool> QuotaRoots::has_to_be_mended() const
{
    struct stat st {};
    const bool there = ::stat(path_.c_str(), &st) == 0;
    const bool copied = ::access(copy_.c_str(), F_OK) == 0;
    if (!there) return copied;
    if (!copied || st.st_size == 0) return true;
    auto store = open_store(path_);
    if (!store && !is_damage(store.error())) return std::move(store).error();
    if (!store) return true;
    if (Status good = (*store)->check(); !good)
        return is_damage(good) ? true : Result<bool>(good.error());
    TRY_ASSIGN(const std::string text, text_of(**store));
    auto copy = read_file(copy_, kMaxCopy);
    return !copy || *copy != text;
}

Status QuotaRoots::verify()
{
    // Lines of a flat file that somebody has edited are put in order, not thrown away.
    TRY(read([&](db::OrderedStore& store) {
        return flat_ ? static_cast<db::FlatStore&>(store).sort_file() : store.check();
    }));
    if (!roots_) return success();
    TRY_ASSIGN(MailboxLock lock, MailboxLock::take_file(copy_ + ".lock", kLockWait));
    TRY_ASSIGN(const std::string text, text_of(*roots_));
    auto copied = read_file(copy_, kMaxCopy);
    return copied && *copied == text ? success() : replace_file(copy_, text);
}

Result<QuotaLimits> QuotaRoots::get(const MailboxName& root)
{
    Result<QuotaLimits> limits = Error{Code::not_found, "Quota root does not exist"};
    TRY(read([&](db::OrderedStore& store) -> Status {
        auto text = store.get(key_of(root));
        if (text.is(Code::not_found)) return success();
        if (!text) return text.error();
        limits = parse_limits(*text);
        return limits ? success() : Status(limits.error());
    }));
    return limits;
}

Status QuotaRoots::each(const std::function<void(const MailboxName&)>& root)
{
    std::vector<MailboxName> names;
    TRY(read([&](db::OrderedStore& store) {
        names.clear();
        return store.scan_keys(std::string(1, kSpace), [&](std::string_view key, std::string_view) {
            if (auto name = MailboxName::from_key(key.substr(1))) names.push_back(*name);
            return db::Next::go_on();
        });
    }));
    for (const MailboxName& name : names) root(name);
    return success();
}

Status QuotaRoots::set(const MailboxName& root, const QuotaLimits& limits)
{
    return change(true, [&](db::Transaction& t) { return t.put(key_of(root), to_text(limits)); });
}

Status QuotaRoots::remove(const MailboxName& root)
{
    return change(false, [&](db::Transaction& t) {
        Status gone = t.erase(key_of(root));
        return gone.is(Code::not_found) ? success() : std::move(gone);
    });
}

Status QuotaRoots::rename(const MailboxName& from, const MailboxName& to)
{
    auto limits = get(from);
    if (limits.is(Code::not_found)) return success();
    if (!limits) return limits.error();
    return change(true, [&](db::Transaction& t) -> Status {
        TRY(t.put(key_of(to), to_text(*limits)));
        Status gone = t.erase(key_of(from));
        return gone.is(Code::not_found) ? success() : std::move(gone);
    });
}

}  // namespace rookery::store
