// The options of Cyrus 3.6's imapd.conf(5) that nothing here reads: whether what they are for is
// not needed or not there, why, and what to do instead. Those of 2.x that files still have, too.
//
// The one list of them; what an option here was called before is options.def's (old_names). Pure
// data; any thread.
#ifndef ROOKERY_LIB_CONFIG_CYRUS_OPTIONS_H
#define ROOKERY_LIB_CONFIG_CYRUS_OPTIONS_H

#include <optional>
#include <span>
#include <string_view>

namespace rookery::config {

struct CyrusOptions {
    bool is_missed;          // what they are for is not there; false: it is not needed
    std::string_view names;  // words; one that ends with "-" or "*" is a family's beginning
    std::string_view reason;
    std::string_view instead;  // what to write, "" = nothing
};

// In groups that have their reason in common.
std::span<const CyrusOptions> cyrus_options();
// That of the name, which is in lower case.
const CyrusOptions* find_cyrus_option(std::string_view name);
// True of a line that a distribution's own file has: nobody has chosen it.
bool is_stock_line(std::string_view name, std::string_view value);

}  // namespace rookery::config

#endif
