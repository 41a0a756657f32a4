// Names of options: which there are, which belong to a family that no table can list, and what a
// misspelt one was to be. Names are in lower case. Pure; any thread.
#ifndef ROOKERY_LIB_CONFIG_OPTION_NAMES_H
#define ROOKERY_LIB_CONFIG_OPTION_NAMES_H

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rookery::config {

// The name that the option has now.
std::string_view present_name(std::string_view name);
// Its row in option_table(), by that name or an older one.
std::optional<size_t> find_option(std::string_view name);
// "partition-x", "be1_password", "sasl_keytab".
bool fits_a_family(std::string_view name);
bool is_known_option(std::string_view name);
// Of "lmtp_admins", one service's own value of a known option: where the option's name begins. 0:
// it is none.
size_t service_prefix(std::string_view name);
// The known name that is nearest, with the same service or server in front; "" if none is near.
std::string nearest_option(std::string_view name);

}  // namespace rookery::config

#endif
