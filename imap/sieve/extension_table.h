// The table of extensions, sorted by capability: what `require` and ihave know, and what a server
// announces. The row without a capability is RFC 5228 itself and is always in force.
//
// Constant data; any thread. RFC 5228 6, RFC 5463, RFC 5804 1.7.
#ifndef ROOKERY_IMAP_SIEVE_EXTENSION_TABLE_H
#define ROOKERY_IMAP_SIEVE_EXTENSION_TABLE_H

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "imap/sieve/extension.h"

namespace rookery::sieve {

struct ExtensionRow {
    std::string_view capability;
    const Extension* extension;  // null: all there is belongs to the compiler or another row
    bool offered = true;         // to users; false: no server has yet what it is about
};

std::span<const ExtensionRow> extension_table();
// The place of a capability in the table.
std::optional<size_t> find_extension(std::string_view capability);
bool has_capability(const Program& program, std::string_view capability);
// A comparator that needs no row (RFC 5228 2.7.3).
bool is_always_there(std::string_view capability);
// What ihave answers: offered, and nothing that changes how strings are read (RFC 5463 4).
bool can_be_had(std::string_view capability);
// All that are offered, with a space between: the value of ManageSieve's SIEVE line.
std::string announced_capabilities();

}  // namespace rookery::sieve

#endif
