#include "imap/mupdate/replica/stored_list.h"

#include "lib/base/log.h"

namespace rookery::mupdate {

namespace {

using mboxlist::Next;
using model::MailboxEntry;

bool is_served(const MailboxEntry& entry)
{
    return !entry.is_local() && entry.state != model::EntryState::deleted;
}

ListEntry to_list_entry(const MailboxEntry& from)
{
    ListEntry entry;
    entry.active = from.state == model::EntryState::active;
    entry.location = model::to_string(model::WireLocation{from.server, from.partition});
    entry.acl = from.acl.to_string();
    return entry;
}

// What is not there, or cannot be read.
std::optional<MailboxEntry> served_entry(mboxlist::Directory& store, std::string_view key)
{
    auto name = model::MailboxName::from_key(key);
    if (!name) return std::nullopt;
    auto entry = store.lookup(*name);
    if (!entry && !entry.is(Code::not_found))
        log::error("the mailbox list cannot be read", {{"error", entry.error()}});
    if (!entry || !is_served(entry->seen())) return std::nullopt;
    return entry->seen();
}

}  // namespace

StoredList::StoredList(std::unique_ptr<mboxlist::StoreDirectory> store)
{
    auto state = state_.lock();
    state->store = std::move(store);
    state->ring.begin(state->serial);
}

std::optional<ListEntry> StoredList::find(const std::string& key)
{
    auto state = state_.lock();
    auto entry = served_entry(*state->store, key);
    if (!entry) return std::nullopt;
    return to_list_entry(*entry);
}

uint64_t StoredList::serial()
{
    return state_.lock()->serial;
}

uint64_t StoredList::size()
{
    return state_.lock()->store->count().value_or(0);
}

std::map<std::string, uint64_t> StoredList::count_by_server()
{
    std::map<std::string, uint64_t> counts;
    std::string from;
    do {
        auto next = walk(from, ChangeRing::kPerStep, [&](const MailboxEntry& entry) {
            const MailboxEntry seen = entry.seen();
            if (is_served(seen)) counts[seen.server]++;
        });
        from = next ? *std::move(next) : std::string();
    } while (!from.empty());
    return counts;
}

void StoredList::dump(DumpCursor& cursor, const Filter& filter, std::string_view tag,
                      std::string& out, size_t max_bytes)
{
    // cursor.key is the one to go on from.
    std::string next;
    size_t n = 0;
    auto state = state_.lock();
    Status read = state->store->scan(cursor.key, [&](const MailboxEntry& entry) {
        if (out.size() >= max_bytes || n++ == ChangeRing::kPerStep) {
            next = entry.name.key();
            return Next::stop();
        }
        const MailboxEntry seen = entry.seen();
        if (!is_served(seen) || !filter.wants(seen.server)) return Next::go_on();
        const ListEntry listed = to_list_entry(seen);
        const auto shown = shown_in_list(listed, filter.prefix);
        if (!shown) return Next::go_on();
        ++cursor.lines;
        put_line(out, tag, entry.name.key(), shown);
        return Next::go_on();
    });
    if (!read) log::error("the mailbox list cannot be read", {{"error", read.error()}});
    cursor.failed = !read;
    cursor.done = next.empty();
    cursor.key = std::move(next);
}

ServedList::Streamed StoredList::stream(uint64_t& position, const Filter& filter,
                                        std::string_view tag, std::string& out, size_t max_bytes)
{
    auto state = state_.lock();
    return state->ring.stream(position, state->serial, filter, out, max_bytes,
                              [&](std::string_view key) {
                                  auto entry = served_entry(*state->store, key);
                                  if (!entry) return put_line(out, tag, key, std::nullopt);
                                  const ListEntry listed = to_list_entry(*entry);
                                  put_line(out, tag, key, shown_to_all(listed));
                              });
}

bool StoredList::reaches_back_to(const Position& at)
{
    if (!line().holds(at)) return false;
    auto state = state_.lock();
    return state->ring.reaches_back_to(at.serial) && at.serial <= state->serial;
}

Result<MailboxEntry> StoredList::lookup(const model::MailboxName& name)
{
    return state_.lock()->store->lookup(name);
}

Result<std::string> StoredList::mark(std::string_view name)
{
    return state_.lock()->store->mark(name);
}

Result<std::string> StoredList::walk(const std::string& from, size_t most,
                                     const std::function<void(const MailboxEntry&)>& each)
{
    std::string next;
    size_t n = 0;
    auto state = state_.lock();
    TRY(state->store->scan(from, [&](const MailboxEntry& entry) {
        if (n++ == most) {
            next = entry.name.key();
            return Next::stop();
        }
        each(entry);
        return Next::go_on();
    }));
    return next;
}

Status StoredList::commit(std::span<const mboxlist::Change> changes,
                          std::span<const mboxlist::Mark> marks)
{
    using Kind = mboxlist::Change::Kind;
    {
        auto state = state_.lock();
        std::vector<ChangeRing::Touched> touched;
        for (const mboxlist::Change& change : changes) {
            const bool put = change.kind == Kind::put || change.kind == Kind::hear;
            const std::string key = change.of().key();
            auto before = served_entry(*state->store, key);
            touched.push_back({++state->serial, key,
                               before ? SharedText(before->server) : SharedText(),
                               put ? SharedText(change.entry->server) : SharedText(), false});
        }
        TRY(state->store->commit_marked(changes, marks));
        for (ChangeRing::Touched& t : touched) state->ring.add(std::move(t), 0);
    }
    if (!changes.empty()) tell_listener();
    return success();
}

Status StoredList::check()
{
    return state_.lock()->store->check();
}

Result<bool> StoredList::is_empty()
{
    TRY_ASSIGN(const uint64_t entries, state_.lock()->store->count());
    return entries == 0;
}

Result<std::unique_ptr<mboxlist::ListLoad>> StoredList::bulk_load()
{
    return state_.lock()->store->bulk_load();
}

Status StoredList::finish(mboxlist::ListLoad& load, std::span<const mboxlist::Mark> marks)
{
    {
        auto state = state_.lock();
        TRY(load.finish(marks));
        state->ring.begin(++state->serial);
    }
    tell_listener();
    return success();
}

}  // namespace rookery::mupdate
