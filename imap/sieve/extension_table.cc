#include "imap/sieve/extension_table.h"

#include <algorithm>

#include "config.h"
#include "imap/sieve/ext/rows.h"

namespace rookery::sieve {
namespace {

constexpr ExtensionRow kTable[] = {
    {"", &ext::base},
    {"body", &ext::body},
    {"comparator-i;ascii-numeric", &ext::ascii_numeric},
    {"comparator-i;unicode-casemap", &ext::unicode_casemap},
    {"copy", &ext::copy},
    {"date", &ext::date},
    {"duplicate", &ext::duplicate},
    {"editheader", &ext::editheader},
    {"encoded-character", nullptr},
    {"enotify", &ext::enotify},
    {"envelope", &ext::envelope},
    {"environment", &ext::environment},
    {"ereject", &ext::ereject},
    {"extlists", &ext::extlists, false},
    {"extracttext", &ext::extracttext},
    {"fcc", &ext::fcc},
    {"fileinto", &ext::fileinto},
    {"foreverypart", &ext::foreverypart},
    {"ihave", &ext::ihave},
    {"imap4flags", &ext::imap4flags},
    {"include", &ext::include},
    {"index", &ext::index},
    {"mailbox", &ext::mailbox},
    {"mailboxid", &ext::mailboxid},
    {"mboxmetadata", &ext::mboxmetadata},
    {"mime", &ext::mime},
#if HAVE_RE2
    {"regex", &ext::regex},
#endif
    {"reject", &ext::reject},
    {"relational", &ext::relational},
    {"servermetadata", &ext::servermetadata},
    {"spamtest", &ext::spamtest},
    {"spamtestplus", &ext::spamtestplus},
    {"special-use", &ext::special_use},
    {"subaddress", &ext::subaddress},
    {"vacation", &ext::vacation},
    {"vacation-seconds", &ext::vacation_seconds},
    {"variables", &ext::variables},
    {"virustest", &ext::virustest},
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

bool is_always_there(std::string_view capability)
{
    return capability == "comparator-i;octet" || capability == "comparator-i;ascii-casemap";
}

bool can_be_had(std::string_view capability)
{
    if (is_always_there(capability)) return true;
    const auto place = find_extension(capability);
    if (capability.empty() || !place || !kTable[*place].offered) return false;
    return capability != "variables" && capability != "encoded-character";
}

std::string announced_capabilities()
{
    std::string out;
    for (const auto& row : kTable) {
        if (row.capability.empty() || !row.offered) continue;
        if (!out.empty()) out.push_back(' ');
        out.append(row.capability);
    }
    return out;
}

}  // namespace rookery::sieve
