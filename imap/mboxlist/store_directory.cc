#include "imap/mboxlist/store_directory.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>
#include <set>

#include "imap/mboxlist/entry_codec.h"
#include "imap/mboxlist/events.h"
#include "imap/mboxlist/list_keys.h"
#include "imap/mboxlist/list_load.h"
#include "lib/base/strings.h"

namespace rookery::mboxlist {
namespace {

using namespace list_keys;

constexpr size_t kCursorBatch = 32;

std::string key_of(const MailboxName& name)
{
    return cat(StoreDirectory::kNames, name.key());
}

// Every index key of an entry.
std::set<std::string> index_keys(const MailboxEntry& entry)
{
    const std::string name = entry.name.key();
    std::set<std::string> keys{server_prefix(entry.server) + name};
    for (const auto& part : entry.acl.entries())
        if (is_indexed(part.identifier)) keys.insert(identifier_prefix(part.identifier) + name);
    if (entry.pending != model::Pending::none) keys.insert(pending_prefix() + name);
    return keys;
}

Status change_index(db::Transaction& t, const MailboxEntry* before, const MailboxEntry* after)
{
    const auto old_keys = before ? index_keys(*before) : std::set<std::string>();
    const auto new_keys = after ? index_keys(*after) : std::set<std::string>();
    for (const auto& key : old_keys)
        if (!new_keys.contains(key)) {
            // Absent only if the index was made by something else; nothing is lost by that.
            if (auto done = t.erase(key); !done && !done.is(Code::not_found)) return done;
        }
    for (const auto& key : new_keys)
        if (!old_keys.contains(key)) TRY(t.put(key, ""));
    return success();
}

Status apply(db::Transaction& t, const Change& wanted, bool indexed)
{
    const std::string key = key_of(wanted.of());
    auto old_value = t.get(key);
    if (!old_value && !old_value.is(Code::not_found)) return old_value.error();
    std::optional<MailboxEntry> before;
    if (old_value && (indexed || !wanted.is_plain())) {
        TRY_ASSIGN(before, decode_entry(std::string_view(key).substr(1), *old_value));
    }
    const auto change = resolve(wanted, before);
    if (!change) return success();
    const MailboxEntry* old_entry = before ? &*before : nullptr;
    if (change->kind != Change::Kind::put) {
        if (!old_value) return success();
        TRY(t.erase(key));
        return indexed ? change_index(t, old_entry, nullptr) : success();
    }
    const std::string value = encode_entry(*change->entry);
    if (old_value && *old_value == value) return success();
    TRY(t.put(key, value));
    return indexed ? change_index(t, old_entry, &*change->entry) : success();
}

using Hashes = std::vector<uint64_t>;

uint64_t hash_of(std::string_view key)
{
    return stable_hash(key);
}

bool is_index_key(std::string_view key)
{
    return key.front() == kServers || key.front() == kIdentifiers || key.front() == kPending;
}

// The first mailbox in which the entries and the indexes, sorted hashes of their keys, differ.
Status name_difference(db::OrderedStore& store, const Hashes& wanted, const Hashes& there)
{
    Hashes lacking;
    Hashes beyond;
    std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(),
                        std::back_inserter(lacking));
    std::set_difference(there.begin(), there.end(), wanted.begin(), wanted.end(),
                        std::back_inserter(beyond));
    const auto is_in = [](const Hashes& hashes, std::string_view key) {
        return std::binary_search(hashes.begin(), hashes.end(), hash_of(key));
    };
    TRY(store.check([&](std::string_view key, std::string_view value) -> Status {
        if (is_index_key(key) && is_in(beyond, key)) {
            const std::string_view name = key.substr(key.rfind(kEnd) + 1);
            return Error{Code::corrupt, cat("an index names a mailbox that is not there: ",
                                            list_key_to_text(cat(kNames, name)))};
        }
        if (key.front() != kNames) return success();
        TRY_ASSIGN(const MailboxEntry entry, decode_entry(key.substr(1), value));
        for (const auto& wants : index_keys(entry))
            if (is_in(lacking, wants))
                return Error{Code::corrupt, cat("an index lacks ", entry.name.internal())};
        return success();
    }));
    return Error{Code::corrupt, "the indexes are not those of the entries"};
}

// Names in one index range, a batch at a time.
class Cursor {
 public:
    Cursor(db::OrderedStore& store, std::string prefix)
        : store_(store), prefix_(std::move(prefix)), from_(prefix_)
    {
    }

    // Names before key are passed over.
    void seek(const std::string& key)
    {
        while (!names_.empty() && names_.front() < key) names_.pop_front();
        if (names_.empty()) from_ = std::max(from_, prefix_ + key);
    }
    void pop() { names_.pop_front(); }
    // The next name's key; null at the end.
    Result<const std::string*> head()
    {
        if (names_.empty() && !ended_) TRY(fetch());
        return names_.empty() ? nullptr : &names_.front();
    }

 private:
    Status fetch()
    {
        ended_ = true;
        return store_.scan_keys(from_, [&](std::string_view key, std::string_view) {
            if (!key.starts_with(prefix_)) return db::Next::stop();
            if (names_.size() == kCursorBatch) {
                from_ = std::string(key);
                ended_ = false;
                return db::Next::stop();
            }
            names_.emplace_back(key.substr(prefix_.size()));
            return db::Next::go_on();
        });
    }

    db::OrderedStore& store_;
    const std::string prefix_;
    std::string from_;
    std::deque<std::string> names_;
    bool ended_ = false;
};

}  // namespace

StoreDirectory::StoreDirectory(std::unique_ptr<db::OrderedStore> store, bool indexed,
                               std::string idle_directory)
    : store_(std::move(store)), indexed_(indexed), idle_directory_(std::move(idle_directory))
{
}

Result<MailboxEntry> StoreDirectory::lookup(const MailboxName& name)
{
    const std::string key = key_of(name);
    auto value = store_->get(key);
    if (value) return decode_entry(std::string_view(key).substr(1), *value);
    if (!value.is(Code::not_found)) return value.error();
    return Error{Code::not_found, cat("no such mailbox: ", name.internal())};
}

Status StoreDirectory::scan(const std::string& from_key,
                            const std::function<Next(const MailboxEntry&)>& each)
{
    Status read = success();
    TRY(store_->scan(cat(kNames, from_key), [&](std::string_view key, std::string_view value) {
        if (key.front() != kNames) return db::Next::stop();
        auto entry = decode_entry(key.substr(1), value);
        if (!entry) {
            read = entry.error();
            return db::Next::stop();
        }
        Next next = each(*entry);
        switch (next.what) {
            case Next::What::go_on: break;
            case Next::What::stop: return db::Next::stop();
            case Next::What::seek: return db::Next::seek(cat(kNames, next.key));
        }
        return db::Next::go_on();
    }));
    return read;
}

Status StoreDirectory::scan_ranges(const std::vector<std::string>& prefixes,
                                   const std::function<Next(const MailboxEntry&)>& each)
{
    std::vector<Cursor> cursors;
    cursors.reserve(prefixes.size());
    for (const auto& prefix : prefixes) cursors.emplace_back(*store_, prefix);
    for (;;) {
        std::string first;
        for (auto& cursor : cursors) {
            TRY_ASSIGN(const std::string* head, cursor.head());
            if (head && (first.empty() || *head < first)) first = *head;
        }
        if (first.empty()) return success();
        for (auto& cursor : cursors) {
            TRY_ASSIGN(const std::string* head, cursor.head());
            if (head && *head == first) cursor.pop();
        }
        auto value = store_->get(cat(kNames, first));
        if (value.is(Code::not_found)) continue;  // it went since its index was read
        if (!value) return value.error();
        TRY_ASSIGN(const MailboxEntry entry, decode_entry(first, *value));
        const Next next = each(entry);
        if (next.what == Next::What::stop) return success();
        if (next.what == Next::What::seek)
            for (auto& cursor : cursors) cursor.seek(next.key);
    }
}

Status StoreDirectory::scan_server(const std::string& server,
                                   const std::function<Next(const MailboxEntry&)>& each)
{
    const auto of_server = [&](const MailboxEntry& entry) {
        // The index may be a moment older than the entry.
        return entry.server == server ? each(entry) : Next::go_on();
    };
    if (!indexed_) return scan("", of_server);
    return scan_ranges({server_prefix(server)}, of_server);
}

Status StoreDirectory::scan_identifiers(std::span<const std::string> identifiers,
                                        const std::function<Next(const MailboxEntry&)>& each)
{
    const auto names_one = [&](const MailboxEntry& entry) {
        for (const auto& identifier : identifiers)
            if (entry.acl.find(identifier)) return each(entry);
        return Next::go_on();
    };
    if (!indexed_) return scan("", names_one);
    std::vector<std::string> prefixes;
    for (const auto& identifier : identifiers)
        if (is_indexed(identifier)) prefixes.push_back(identifier_prefix(identifier));
    return scan_ranges(prefixes, names_one);
}

Status StoreDirectory::scan_pending(const std::function<Next(const MailboxEntry&)>& each)
{
    if (!indexed_) return Directory::scan_pending(each);
    return scan_ranges({pending_prefix()}, [&](const MailboxEntry& entry) {
        return entry.pending == model::Pending::none ? Next::go_on() : each(entry);
    });
}

Result<uint64_t> StoreDirectory::count()
{
    return store_->count(kNames);
}

Status StoreDirectory::commit(std::span<const Change> changes)
{
    return commit_marked(changes, {});
}

Status StoreDirectory::commit_marked(std::span<const Change> changes, std::span<const Mark> marks)
{
    Status done = store_->transact([&](db::Transaction& t) -> Status {
        for (const auto& change : changes) TRY(apply(t, change, indexed_));
        for (const auto& mark : marks) {
            const std::string key = cat(kMarks, mark.name);
            if (!mark.value.empty()) {
                TRY(t.put(key, mark.value));
            } else if (auto erased = t.erase(key); !erased && !erased.is(Code::not_found)) {
                return erased;
            }
        }
        return success();
    });
    if (done) tell_names(idle_directory_, changes);
    return done;
}

Result<std::string> StoreDirectory::mark(std::string_view name)
{
    auto value = store_->get(cat(kMarks, name));
    if (value.is(Code::not_found)) return Error{Code::not_found, cat("no mark ", name)};
    return value;
}

Result<std::unique_ptr<ListLoad>> StoreDirectory::bulk_load()
{
    TRY_ASSIGN(auto load, store_->bulk_load());
    return std::make_unique<ListLoad>(std::move(load), indexed_, idle_directory_);
}

// All in one state of the store, so that nobody who writes meanwhile is in the way.
Status StoreDirectory::check()
{
    Hashes wanted;
    Hashes there;
    TRY(store_->check([&](std::string_view key, std::string_view value) -> Status {
        if (is_index_key(key)) there.push_back(hash_of(key));
        if (key.front() != kNames) return success();
        TRY_ASSIGN(const MailboxEntry entry, decode_entry(key.substr(1), value));
        if (!indexed_) return success();
        for (const auto& wants : index_keys(entry)) wanted.push_back(hash_of(wants));
        return success();
    }));
    std::sort(wanted.begin(), wanted.end());
    std::sort(there.begin(), there.end());
    return wanted == there ? success() : name_difference(*store_, wanted, there);
}

std::string list_key_to_text(std::string_view key)
{
    if (!key.starts_with(StoreDirectory::kNames)) return std::string(key);
    std::string text(key.substr(1));
    size_t i = text.find('\x1d');  // a domain is as it is
    if (i != std::string::npos) text[i] = '!';
    for (i = i == std::string::npos ? 0 : i + 1; i < text.size(); ++i) {
        if (text[i] == '\x1f')
            text[i] = '.';
        else if (text[i] == '.')
            text[i] = '^';
    }
    return text;
}

std::string list_text_to_key(std::string_view text)
{
    if (text.empty() || text.starts_with(StoreDirectory::kMarks)) return std::string(text);
    return cat(StoreDirectory::kNames, model::key_of_internal(text));
}

}  // namespace rookery::mboxlist
