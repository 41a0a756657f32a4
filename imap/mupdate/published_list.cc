#include "imap/mupdate/published_list.h"

#include <algorithm>
#include <unordered_set>

#include "imap/mupdate/wire.h"

namespace rookery::mupdate {

namespace {

constexpr size_t kShortestRing = 65536;
constexpr size_t kEntriesPerStep = 4096;  // looked at under one lock

void put_shown(std::string& out, std::string_view tag, const std::string& key, const Shown& shown)
{
    const std::string name = name_of_key(key);
    if (shown.active)
        put_mailbox(out, tag, name, shown.location, shown.acl);
    else
        put_reserve(out, tag, name, shown.location);
}

bool wanted(const Filter& filter, std::string_view server)
{
    return filter.hosts.empty() ||
           std::find(filter.hosts.begin(), filter.hosts.end(), server) != filter.hosts.end();
}

}  // namespace

std::optional<ListEntry> PublishedList::find(const std::string& key)
{
    return look_at(key, [](const ListEntry* entry) {
        return entry == nullptr ? std::nullopt : std::optional<ListEntry>(*entry);
    });
}

uint64_t PublishedList::serial()
{
    return state_.lock()->serial;
}

uint64_t PublishedList::size()
{
    return state_.lock()->entries.size();
}

void PublishedList::dump(DumpCursor& cursor, const Filter& filter, std::string_view tag,
                         std::string& out, size_t max_bytes)
{
    auto state = state_.lock();
    auto it = cursor.begun ? state->entries.upper_bound(cursor.key) : state->entries.begin();
    cursor.begun = true;
    for (size_t n = 0; n < kEntriesPerStep && it != state->entries.end(); ++n, ++it) {
        if (out.size() >= max_bytes) break;
        cursor.key = it->first;
        if (!wanted(filter, server_of(it->second.location))) continue;
        auto shown = shown_in_list(it->second, filter.prefix);
        if (!shown) continue;
        ++cursor.lines;
        put_shown(out, tag, it->first, *shown);
    }
    cursor.done = it == state->entries.end();
}

PublishedList::Streamed PublishedList::stream(uint64_t& position, const Filter& filter,
                                              std::string_view tag, std::string& out,
                                              size_t max_bytes)
{
    auto state = state_.lock();
    if (position < state->ring_start) return Streamed::lost;
    auto it = std::upper_bound(state->ring.begin(), state->ring.end(), position,
                               [](uint64_t p, const Touched& t) { return p < t.serial; });
    std::unordered_set<std::string_view> said;
    for (size_t n = 0; it != state->ring.end(); ++it, ++n) {
        if (out.size() >= max_bytes || n >= kEntriesPerStep) return Streamed::more;
        position = it->serial;
        if (!it->everyone && !wanted(filter, it->server_before) &&
            !wanted(filter, it->server_after))
            continue;
        if (!said.insert(it->key).second) continue;
        auto entry = state->entries.find(it->key);
        if (entry == state->entries.end())
            put_delete(out, tag, name_of_key(it->key));
        else
            put_shown(out, tag, it->key,
                      {entry->second.active, entry->second.location, entry->second.acl});
    }
    position = state->serial;
    return Streamed::current;
}

void PublishedList::apply(State& state, const Published& published)
{
    const Change& change = published.change;
    Touched touched{published.serial, change.key, {}, {}, false};
    auto it = state.entries.find(change.key);
    if (it != state.entries.end()) touched.server_before = server_of(it->second.location);
    if (change.after) {
        touched.server_after = server_of(change.after->location);
        ListEntry entry = *change.after;
        entry.serial = published.serial;
        if (it != state.entries.end())
            it->second = std::move(entry);
        else
            state.entries.emplace(change.key, std::move(entry));
    } else if (it != state.entries.end()) {
        state.entries.erase(it);
    }
    state.serial = published.serial;
    if (!published.visible) return;
    state.ring.push_back(std::move(touched));
    while (state.ring.size() > std::max(kShortestRing, state.entries.size())) {
        state.ring_start = state.ring.front().serial;
        state.ring.pop_front();
    }
}

void PublishedList::publish(std::span<const Published> changes)
{
    {
        auto state = state_.lock();
        for (const Published& published : changes) apply(*state, published);
    }
    if (listener_) listener_();
}

void PublishedList::publish_next(std::vector<Change> changes)
{
    {
        auto state = state_.lock();
        for (Change& change : changes)
            apply(*state, Published{std::move(change), state->serial + 1, true});
    }
    if (listener_) listener_();
}

void PublishedList::load(std::map<std::string, ListEntry> entries, uint64_t serial)
{
    load(std::move(entries), serial, serial, {});
}

void PublishedList::load(std::map<std::string, ListEntry> entries, uint64_t serial, uint64_t since,
                         std::vector<std::pair<uint64_t, std::string>> changed)
{
    auto state = state_.lock();
    state->entries = std::move(entries);
    state->serial = serial;
    state->ring_start = since;
    state->ring.clear();
    for (auto& [when, key] : changed) state->ring.push_back({when, std::move(key), {}, {}, true});
}

bool PublishedList::reaches_back_to(const Position& at)
{
    if (!line_.holds(at)) return false;
    auto state = state_.lock();
    return at.serial >= state->ring_start && at.serial <= state->serial;
}

std::map<std::string, uint64_t> PublishedList::count_by_server()
{
    std::map<std::string, uint64_t> counts;
    std::optional<std::string> from("");
    while (from)
        from = walk(*from, kEntriesPerStep, [&](const std::string&, const ListEntry& entry) {
            counts[std::string(server_of(entry.location))]++;
        });
    return counts;
}

std::optional<std::string> PublishedList::walk(
    const std::string& from, size_t most,
    const std::function<void(const std::string&, const ListEntry&)>& each)
{
    auto state = state_.lock();
    auto it = state->entries.lower_bound(from);
    for (size_t n = 0; it != state->entries.end(); ++it, ++n) {
        if (n == most) return it->first;
        each(it->first, it->second);
    }
    return std::nullopt;
}

}  // namespace rookery::mupdate
