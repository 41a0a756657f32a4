// Sequence sets: parse, order, merge, print.
#include "imap/model/sequence_set.h"

#include <algorithm>
#include <optional>

#include "lib/base/strings.h"

namespace rookery::model {
namespace {

constexpr uint32_t kStar = UINT32_MAX;

// seq-number = nz-number / "*"
std::optional<uint32_t> seq_number(std::string_view text)
{
    if (text == "*") return kStar;
    if (text.empty() || text.front() == '0') return std::nullopt;
    Result<uint32_t> n = to_number<uint32_t>(text);
    if (!n) return std::nullopt;
    // The largest number stands for '*' here; no message ever has it.
    return std::min(*n, kStar - 1);
}

void append_number(std::string& out, uint32_t n)
{
    if (n == kStar)
        out.push_back('*');
    else
        append_to(out, n);
}

}  // namespace

Result<SequenceSet> SequenceSet::parse(std::string_view text, size_t max_ranges)
{
    SequenceSet set;
    if (text.empty()) return Error{Code::syntax, "Empty sequence set"};
    for (size_t begin = 0; begin <= text.size();) {
        size_t end = std::min(text.find(',', begin), text.size());
        std::string_view piece = text.substr(begin, end - begin);
        size_t colon = piece.find(':');
        std::optional<uint32_t> first = seq_number(piece.substr(0, colon));
        std::optional<uint32_t> last =
            colon == std::string_view::npos ? first : seq_number(piece.substr(colon + 1));
        if (!first || !last) return Error{Code::syntax, "Invalid sequence set"};
        if (set.ranges_.size() == max_ranges)
            return Error{Code::limit, "Too many ranges in a sequence set"};
        set.ranges_.push_back({*first, *last});
        begin = end + 1;
    }
    return set;
}

SequenceSet SequenceSet::saved_result()
{
    SequenceSet set;
    set.saved_result_ = true;
    return set;
}

void SequenceSet::resolve(uint32_t largest)
{
    for (Range& r : ranges_) {
        if (r.first == kStar) r.first = largest;
        if (r.last == kStar) r.last = largest;
        if (r.first > r.last) std::swap(r.first, r.last);
    }
    // In an empty mailbox '*' names nothing; a range that begins there starts at 1.
    std::erase_if(ranges_, [](const Range& r) { return r.last == 0; });
    for (Range& r : ranges_) r.first = std::max<uint32_t>(r.first, 1);
    std::sort(ranges_.begin(), ranges_.end(),
              [](const Range& a, const Range& b) { return a.first < b.first; });
    std::vector<Range> merged;
    for (const Range& r : ranges_) {
        bool joins =
            !merged.empty() && (r.first <= merged.back().last || r.first - merged.back().last == 1);
        if (joins)
            merged.back().last = std::max(merged.back().last, r.last);
        else
            merged.push_back(r);
    }
    ranges_ = std::move(merged);
}

bool SequenceSet::has_star() const
{
    return std::any_of(ranges_.begin(), ranges_.end(),
                       [](const Range& r) { return r.first == kStar || r.last == kStar; });
}

bool SequenceSet::contains(uint32_t n) const
{
    auto after = std::upper_bound(ranges_.begin(), ranges_.end(), n,
                                  [](uint32_t value, const Range& r) { return value < r.first; });
    return after != ranges_.begin() && n <= std::prev(after)->last;
}

void SequenceSet::add(uint32_t n)
{
    auto after = std::upper_bound(ranges_.begin(), ranges_.end(), n,
                                  [](uint32_t value, const Range& r) { return value < r.first; });
    if (after != ranges_.begin()) {
        Range& before = *std::prev(after);
        if (n <= before.last) return;
        if (n - before.last == 1) {
            before.last = n;
            if (after != ranges_.end() && after->first - n == 1) {
                before.last = after->last;
                ranges_.erase(after);
            }
            return;
        }
    }
    if (after != ranges_.end() && after->first - n == 1)
        after->first = n;
    else
        ranges_.insert(after, {n, n});
}

void SequenceSet::append(uint32_t first, uint32_t last)
{
    if (!ranges_.empty() && ranges_.back().last + 1 == first)
        ranges_.back().last = last;
    else
        ranges_.push_back({first, last});
}

void SequenceSet::intersect(const SequenceSet& other)
{
    std::vector<Range> both;
    auto a = ranges_.begin();
    auto b = other.ranges_.begin();
    while (a != ranges_.end() && b != other.ranges_.end()) {
        const uint32_t first = std::max(a->first, b->first);
        const uint32_t last = std::min(a->last, b->last);
        if (first <= last) both.push_back({first, last});
        if (a->last < b->last)
            ++a;
        else
            ++b;
    }
    ranges_ = std::move(both);
}

std::string SequenceSet::to_string() const
{
    if (saved_result_) return "$";
    std::string out;
    for (const Range& r : ranges_) {
        if (!out.empty()) out.push_back(',');
        append_number(out, r.first);
        if (r.last == r.first) continue;
        out.push_back(':');
        append_number(out, r.last);
    }
    return out;
}

}  // namespace rookery::model
