#include "imap/sieve/extension_table.h"

#include <algorithm>

#include "imap/sieve/ext/rows.h"

namespace rookery::sieve {
namespace {

constexpr ExtensionRow kTable[] = {
    {"", &ext::base},
    {"comparator-i;ascii-numeric", &ext::ascii_numeric},
    {"comparator-i;unicode-casemap", &ext::unicode_casemap},
    {"encoded-character", nullptr},
    {"envelope", &ext::envelope},
    {"fileinto", &ext::fileinto},
};

constexpr bool before(const ExtensionRow& a, const ExtensionRow& b)
{
    return a.capability < b.capability;
}
static_assert(std::is_sorted(std::begin(kTable), std::end(kTable), before));
static_assert(std::size(kTable) <= kMaxExtensions);

}  // namespace

std::span<const ExtensionRow> extension_table()
{
    return kTable;
}

std::optional<size_t> find_extension(std::string_view capability)
{
    const auto* found = std::lower_bound(std::begin(kTable), std::end(kTable),
                                         ExtensionRow{capability, nullptr}, before);
    if (found == std::end(kTable) || found->capability != capability) return std::nullopt;
    return static_cast<size_t>(found - std::begin(kTable));
}

bool has_capability(const Program& program, std::string_view capability)
{
    const auto place = find_extension(capability);
    return place && program.capabilities[*place];
}

std::string announced_capabilities()
{
    std::string out;
    for (const auto& row : kTable) {
        if (row.capability.empty()) continue;
        if (!out.empty()) out.push_back(' ');
        out.append(row.capability);
    }
    return out;
}

}  // namespace rookery::sieve
