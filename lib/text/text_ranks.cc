// Texts are sorted by eight bytes at a time, and those that are equal so far by the next eight.
#include "lib/text/text_ranks.h"

#include <algorithm>

namespace rookery::text {

struct TextRanks::Item {
    uint64_t bytes;  // eight of the text, the first the highest; behind its end zeros
    uint32_t size;   // of the text up to there
    uint32_t text;

    bool is_equal(const Item& other) const { return bytes == other.bytes && size == other.size; }
};

std::vector<uint32_t> TextRanks::ranks() const
{
    std::vector<uint32_t> ranks(size());
    std::vector<Item> items(size());
    for (uint32_t i = 0; i < items.size(); i++) items[i].text = i;
    uint32_t last = 0;
    rank(items, 0, ranks, last);
    return ranks;
}

// Of texts that are equal up to a place.
void TextRanks::rank(std::span<Item> items, size_t place, std::vector<uint32_t>& ranks,
                     uint32_t& last) const
{
    const size_t next = place + 8;
    for (Item& item : items) {
        const std::string_view whole = text(item.text);
        item.size = static_cast<uint32_t>(std::min(whole.size(), next));
        item.bytes = 0;
        for (size_t i = place; i < next; i++)
            item.bytes =
                item.bytes << 8 | (i < whole.size() ? static_cast<unsigned char>(whole[i]) : 0u);
    }
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
        return a.bytes != b.bytes ? a.bytes < b.bytes : a.size < b.size;
    });
    for (size_t begin = 0; begin < items.size();) {
        size_t end = begin + 1;
        while (end < items.size() && items[end].is_equal(items[begin])) end++;
        const auto equal = items.subspan(begin, end - begin);
        begin = end;
        if (equal.size() > 1 && equal.front().size == next) {
            rank(equal, next, ranks, last);
            continue;
        }
        last++;
        for (const Item& item : equal) ranks[item.text] = last;
    }
}

}  // namespace rookery::text
