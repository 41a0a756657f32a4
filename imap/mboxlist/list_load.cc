#include "imap/mboxlist/list_load.h"

#include <algorithm>
#include <numeric>

#include "imap/mboxlist/entry_codec.h"
#include "imap/mboxlist/events.h"
#include "imap/mboxlist/list_keys.h"

namespace rookery::mboxlist {

namespace {

template <class Map>
auto& at(Map& map, std::string_view key)
{
    auto it = map.find(key);
    return it != map.end() ? it->second : map[std::string(key)];
}

}  // namespace

ListLoad::ListLoad(std::unique_ptr<db::BulkLoad> load, bool indexed, std::string idle_directory)
    : load_(std::move(load)), indexed_(indexed), idle_directory_(std::move(idle_directory))
{
}

std::string_view ListLoad::name(uint32_t place) const
{
    const uint64_t from = names_[place];
    const uint64_t to = place + 1 < names_.size() ? names_[place + 1] : bytes_.size();
    return std::string_view(bytes_).substr(from, to - from);
}

Status ListLoad::add(const MailboxEntry& entry)
{
    if (names_.size() == UINT32_MAX) return Error{Code::limit, "too many names"};
    const auto place = static_cast<uint32_t>(names_.size());
    key_.assign(1, list_keys::kNames);
    key_ += entry.name.key();
    const std::string_view added = std::string_view(key_).substr(1);
    in_order_ = in_order_ && (place == 0 || name(place - 1) < added);
    names_.push_back(bytes_.size());
    bytes_.append(added);
    if (indexed_) {
        at(by_server_, entry.server).push_back(place);
        for (const auto& part : entry.acl.entries())
            if (list_keys::is_indexed(part.identifier))
                at(by_identifier_, part.identifier).push_back(place);
        if (entry.pending != model::Pending::none) pending_.push_back(place);
    }
    return load_->value(key_, encode_entry(entry));
}

void ListLoad::sort(Places& places) const
{
    if (in_order_) return;
    std::sort(places.begin(), places.end(),
              [&](uint32_t a, uint32_t b) { return name(a) < name(b); });
}

Status ListLoad::put_keys(std::string_view prefix, const Places& places, bool has_value)
{
    for (const uint32_t place : places) {
        key_.assign(prefix);
        key_ += name(place);
        TRY(load_->key(key_, has_value));
    }
    return success();
}

// In the order of the spaces.
Status ListLoad::finish(std::span<const Mark> marks)
{
    std::map<std::string, std::string> sorted;
    for (const Mark& mark : marks)
        if (!mark.value.empty()) sorted[cat(list_keys::kMarks, mark.name)] = mark.value;
    for (const auto& [key, value] : sorted) {
        TRY(load_->value(key, value));
        TRY(load_->key(key, true));
    }
    for (auto& [identifier, places] : by_identifier_) {
        sort(places);
        TRY(put_keys(list_keys::identifier_prefix(identifier), places, false));
    }
    by_identifier_ = {};
    {
        Places all(names_.size());
        std::iota(all.begin(), all.end(), 0U);
        sort(all);
        TRY(put_keys(std::string(1, list_keys::kNames), all, true));
    }
    sort(pending_);
    TRY(put_keys(list_keys::pending_prefix(), pending_, false));
    for (auto& [server, places] : by_server_) {
        sort(places);
        TRY(put_keys(list_keys::server_prefix(server), places, false));
    }
    TRY(load_->finish());
    if (!idle_directory_.empty()) tell_list(idle_directory_);
    return success();
}

}  // namespace rookery::mboxlist
