#include "imap/nntp/message_ids.h"

#include <algorithm>
#include <functional>

#include "lib/base/strings.h"

namespace rookery::nntp {
namespace {

uint64_t hash_of(std::string_view id)
{
    return std::hash<std::string_view>()(id);
}

}  // namespace

std::deque<MessageIds::Known>::iterator MessageIds::find(std::string_view group)
{
    return std::find_if(groups_.begin(), groups_.end(),
                        [&](const Known& k) { return k.group == group; });
}

void MessageIds::select(const std::string& group)
{
    const auto at = find(group);
    if (at != groups_.end()) {
        std::rotate(groups_.begin(), at, at + 1);
    } else {
        if (groups_.size() >= kMaxGroups) groups_.pop_back();
        groups_.push_front(Known{.group = group});
    }
    groups_.front().is_read = false;
}

std::vector<std::string> MessageIds::unread() const
{
    std::vector<std::string> names;
    for (const Known& k : groups_)
        if (!k.is_read) names.push_back(k.group);
    return names;
}

void MessageIds::read(Group& group)
{
    const auto known = find(group.name());
    if (known == groups_.end()) return;
    const int64_t made = group.marks().made;
    if (known->made != made) {
        known->entries.clear();
        known->last = 0;
        known->made = made;
    }
    known->is_read = true;
    if (known->last == kMaxNumber) return;
    auto numbers = group.numbers({known->last + 1, kMaxNumber});
    if (numbers.empty()) return;
    known->last = numbers.back();
    if (numbers.size() > max_known_)
        numbers.erase(numbers.begin(), numbers.end() - static_cast<ptrdiff_t>(max_known_));
    const auto old = static_cast<ptrdiff_t>(known->entries.size());
    known->entries.reserve(known->entries.size() + numbers.size());
    for (const uint32_t number : numbers)
        if (const auto id = group.field(number, "Message-ID"); id && *id)
            known->entries.push_back({hash_of(trim(**id)), number});
    std::sort(known->entries.begin() + old, known->entries.end());
    std::inplace_merge(known->entries.begin(), known->entries.begin() + old, known->entries.end());
    make_room();
}

bool MessageIds::is_full() const
{
    size_t count = 0;
    for (const Known& k : groups_) count += k.entries.size();
    return count >= max_known_;
}

// Those of the groups that were selected longest ago go first, of the current one the oldest.
void MessageIds::make_room()
{
    auto& current = groups_.front().entries;
    if (current.size() > max_known_) {
        const auto by_number = [](const Entry& a, const Entry& b) { return a.number > b.number; };
        const auto end = current.begin() + static_cast<ptrdiff_t>(max_known_);
        std::nth_element(current.begin(), end, current.end(), by_number);
        current.erase(end, current.end());
        std::sort(current.begin(), current.end());
    }
    size_t count = 0;
    for (Known& k : groups_) {
        count += k.entries.size();
        if (count <= max_known_) continue;
        count -= k.entries.size();
        k.entries = {};
        k.last = 0;
    }
}

void MessageIds::forget(std::string_view group)
{
    if (const auto at = find(group); at != groups_.end()) groups_.erase(at);
}

std::vector<MessageIds::Place> MessageIds::places(std::string_view id) const
{
    const uint64_t hash = hash_of(id);
    std::vector<Place> places;
    for (const Known& k : groups_) {
        auto at = std::lower_bound(k.entries.begin(), k.entries.end(), Entry{hash, 0});
        for (; at != k.entries.end() && at->hash == hash; ++at)
            places.push_back({k.group, at->number});
    }
    return places;
}

}  // namespace rookery::nntp
