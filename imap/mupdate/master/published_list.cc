#include "imap/mupdate/master/published_list.h"

namespace rookery::mupdate {

PublishedList::Entries::Map::iterator PublishedList::Entries::put(std::string_view key,
                                                                  ListEntry entry)
{
    entry.location = texts_.keep(entry.location);
    entry.acl = texts_.keep(entry.acl);
    entry.identity = texts_.keep(entry.identity);
    auto it = map_.lower_bound(key);
    if (it == map_.end() || it->first.view() != key)
        return map_.emplace_hint(it, key, std::move(entry));
    it->second = std::move(entry);
    return it;
}

void PublishedList::Entries::erase(std::string_view key)
{
    if (auto it = map_.find(key); it != map_.end()) map_.erase(it);
}

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
    return state_.lock()->entries.map().size();
}

void PublishedList::dump(DumpCursor& cursor, const Filter& filter, std::string_view tag,
                         std::string& out, size_t max_bytes)
{
    auto state = state_.lock();
    const auto& map = state->entries.map();
    auto it = cursor.begun ? map.upper_bound(std::string_view(cursor.key)) : map.begin();
    cursor.begun = true;
    for (size_t n = 0; n < ChangeRing::kPerStep && it != map.end(); ++n, ++it) {
        if (out.size() >= max_bytes) break;
        cursor.key = it->first.view();
        if (!filter.wants(server_of(it->second.location))) continue;
        auto shown = shown_in_list(it->second, filter.prefix);
        if (!shown) continue;
        ++cursor.lines;
        put_line(out, tag, cursor.key, shown);
    }
    cursor.done = it == map.end();
}

PublishedList::Streamed PublishedList::stream(uint64_t& position, const Filter& filter,
                                              std::string_view tag, std::string& out,
                                              size_t max_bytes)
{
    auto state = state_.lock();
    const auto& map = state->entries.map();
    return state->ring.stream(position, state->serial, filter, out, max_bytes,
                              [&](std::string_view key) {
                                  auto it = map.find(key);
                                  std::optional<Shown> shown;
                                  if (it != map.end()) shown = shown_to_all(it->second);
                                  put_line(out, tag, key, shown);
                              });
}

void PublishedList::apply(State& state, const Published& published)
{
    const Change& change = published.change;
    Entries& entries = state.entries;
    ChangeRing::Touched touched{published.serial, {}, {}, {}, false};
    auto it = entries.map().find(std::string_view(change.key));
    if (it != entries.map().end()) {
        touched.key = it->first;
        touched.server_before = entries.keep(server_of(it->second.location));
    }
    if (change.after) {
        touched.server_after = entries.keep(server_of(change.after->location));
        ListEntry entry = *change.after;
        entry.serial = published.serial;
        touched.key = entries.put(change.key, std::move(entry))->first;
    } else if (it != entries.map().end()) {
        entries.map().erase(it);
    } else {
        touched.key = change.key;
    }
    state.serial = published.serial;
    if (published.visible) state.ring.add(std::move(touched), entries.map().size());
}

void PublishedList::publish(std::span<const Published> changes)
{
    {
        auto state = state_.lock();
        for (const Published& published : changes) apply(*state, published);
    }
    tell_listener();
}

void PublishedList::load(Entries entries, uint64_t serial, uint64_t since,
                         std::vector<std::pair<uint64_t, std::string>> changed)
{
    auto state = state_.lock();
    state->entries = std::move(entries);
    state->serial = serial;
    state->ring.begin(since);
    for (auto& [when, key] : changed) {
        auto it = state->entries.map().find(std::string_view(key));
        state->ring.add(
            {when, it == state->entries.map().end() ? SharedText(key) : it->first, {}, {}, true},
            changed.size());
    }
}

bool PublishedList::reaches_back_to(const Position& at)
{
    if (!line().holds(at)) return false;
    auto state = state_.lock();
    return state->ring.reaches_back_to(at.serial) && at.serial <= state->serial;
}

std::map<std::string, uint64_t> PublishedList::count_by_server()
{
    std::map<std::string, uint64_t> counts;
    std::string from;
    for (bool more = true; more;) {
        auto state = state_.lock();
        const auto& map = state->entries.map();
        auto it = map.upper_bound(std::string_view(from));
        for (size_t n = 0; n < ChangeRing::kPerStep && it != map.end(); ++n, ++it) {
            const std::string_view server = server_of(it->second.location);
            counts[std::string(server)]++;
            from = it->first.view();
        }
        more = it != map.end();
    }
    return counts;
}

}  // namespace rookery::mupdate
