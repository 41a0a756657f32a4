#include "lib/base/spelling.h"

#include <algorithm>

namespace rookery {
namespace {

constexpr size_t kMaxWord = 100;

size_t allowance(size_t length)
{
    if (length <= 3) return 0;
    if (length <= 6) return 1;
    return length <= 14 ? 2 : 3;
}

}  // namespace

// By Damerau and Levenshtein, three rows at a time.
size_t edit_distance(std::string_view a, std::string_view b)
{
    if (a.size() > kMaxWord || b.size() > kMaxWord) return std::max(a.size(), b.size());
    std::vector<size_t> two_up(b.size() + 1);
    std::vector<size_t> up(b.size() + 1);
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); j++) row[j] = j;
    for (size_t i = 1; i <= a.size(); i++) {
        two_up.swap(up);
        up.swap(row);
        row[0] = i;
        for (size_t j = 1; j <= b.size(); j++) {
            const size_t other = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({up[j] + 1, row[j - 1] + 1, up[j - 1] + other});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], two_up[j - 2] + 1);
        }
    }
    return row[b.size()];
}

bool is_near(std::string_view a, std::string_view b)
{
    return edit_distance(a, b) <= allowance(std::max(a.size(), b.size()));
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& words)
{
    std::string_view best;
    size_t least = allowance(kMaxWord) + 1;
    for (std::string_view one : words) {
        const size_t distance = edit_distance(word, one);
        if (distance >= least || !is_near(word, one)) continue;
        best = one;
        least = distance;
    }
    return best;
}

}  // namespace rookery
