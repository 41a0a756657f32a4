// Ordered, disjoint, not adjacent ranges.
#include "imap/store/uid_set.h"

#include <algorithm>

#include "lib/base/strings.h"

namespace rookery::store {

std::vector<UidSet::Range>::iterator UidSet::find(uint32_t uid)
{
    return std::lower_bound(ranges_.begin(), ranges_.end(), uid,
                            [](const Range& r, uint32_t n) { return r.last < n; });
}

bool UidSet::contains(uint32_t uid) const
{
    auto it = std::lower_bound(ranges_.begin(), ranges_.end(), uid,
                               [](const Range& r, uint32_t n) { return r.last < n; });
    return it != ranges_.end() && it->first <= uid;
}

void UidSet::add_range(uint32_t first, uint32_t last)
{
    if (first > last || first == 0) return;
    auto it = find(first - 1);  // one that touches this from the left counts too
    auto end = it;
    while (end != ranges_.end() && (last == UINT32_MAX || end->first <= last + 1)) {
        first = std::min(first, end->first);
        last = std::max(last, end->last);
        ++end;
    }
    if (it == end) {
        ranges_.insert(it, Range{first, last});
        return;
    }
    *it = Range{first, last};
    ranges_.erase(it + 1, end);
}

void UidSet::remove(uint32_t uid)
{
    auto it = find(uid);
    if (it == ranges_.end() || it->first > uid) return;
    if (it->first == it->last) {
        ranges_.erase(it);
    } else if (it->first == uid) {
        it->first++;
    } else if (it->last == uid) {
        it->last--;
    } else {
        Range right{uid + 1, it->last};
        it->last = uid - 1;
        ranges_.insert(it + 1, right);
    }
}

Result<UidSet> UidSet::parse(std::string_view text, size_t max)
{
    UidSet set;
    if (text.empty()) return set;
    while (true) {
        size_t comma = text.find(',');
        std::string_view piece = text.substr(0, comma);
        size_t colon = piece.find(':');
        TRY_ASSIGN(uint32_t first, to_number<uint32_t>(piece.substr(0, colon)));
        uint32_t last = first;
        if (colon != piece.npos) {
            TRY_ASSIGN(last, to_number<uint32_t>(piece.substr(colon + 1)));
        }
        if (first == 0 || last < first) return Error{Code::syntax, "set of UIDs"};
        set.add_range(first, last);
        if (set.ranges_.size() > max) return Error{Code::limit, "set of UIDs"};
        if (comma == text.npos) return set;
        text.remove_prefix(comma + 1);
    }
}

std::string UidSet::to_string() const
{
    std::string out;
    for (const Range& r : ranges_) {
        if (!out.empty()) out += ',';
        cat_to(out, r.first);
        if (r.last != r.first) cat_to(out, ':', r.last);
    }
    return out;
}

}  // namespace rookery::store
