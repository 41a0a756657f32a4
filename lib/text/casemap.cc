#include "lib/text/casemap.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "lib/text/utf8.h"

namespace rookery::text {
namespace {

// A run of characters, each or every other one, and how far their titlecase is.
struct Titled {
    char32_t first;
    char32_t last;
    int32_t step;
    int32_t by;
};

struct Decomposed {
    char32_t from;
    uint16_t begin;  // in kPool
    uint16_t size;
};

#include "lib/text/casemap_tables.inc"

// Where in kDecomposed the characters of each 256 begin.
constexpr size_t kPages = (std::end(kDecomposed)[-1].from >> 8) + 1;
constexpr auto make_pages()
{
    std::array<uint16_t, kPages + 1> pages{};
    for (size_t page = 0, i = 0; page <= kPages; page++) {
        while (i < std::size(kDecomposed) && kDecomposed[i].from >> 8 < page) i++;
        pages[page] = static_cast<uint16_t>(i);
    }
    return pages;
}
constexpr auto kPage = make_pages();

}  // namespace

char32_t titlecase(char32_t c)
{
    if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
    const auto* run = std::lower_bound(std::begin(kTitled), std::end(kTitled), c,
                                       [](const Titled& t, char32_t x) { return t.last < x; });
    if (run == std::end(kTitled) || c < run->first) return c;
    if ((c - run->first) % static_cast<uint32_t>(run->step) != 0) return c;
    return c + static_cast<char32_t>(run->by);
}

std::span<const char32_t> decomposition(char32_t c)
{
    const size_t page = c >> 8;
    if (c < 0x80 || page >= kPages) return {};
    const auto* end = kDecomposed + kPage[page + 1];
    const auto* at = std::lower_bound(kDecomposed + kPage[page], end, c,
                                      [](const Decomposed& d, char32_t x) { return d.from < x; });
    if (at == end || at->from != c) return {};
    return {kPool + at->begin, at->size};
}

std::string casemap(std::string_view utf8)
{
    std::string out;
    out.reserve(utf8.size());
    for (size_t pos = 0; pos < utf8.size();) {
        const char32_t c = next_code_point(utf8, pos);
        const char32_t title = titlecase(c == kInvalid ? kReplacement : c);
        const auto parts = decomposition(title);
        if (parts.empty()) append_utf8(out, title);
        for (const char32_t part : parts) append_utf8(out, part);
    }
    return out;
}

}  // namespace rookery::text
