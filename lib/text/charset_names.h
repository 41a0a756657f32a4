// Names of charsets as mail has them, for an iconv that knows fewer: those that browsers know too
// (the labels of the Encoding Standard), and some of old mail programs. In any case; cannot fail.
#ifndef ROOKERY_LIB_TEXT_CHARSET_NAMES_H
#define ROOKERY_LIB_TEXT_CHARSET_NAMES_H

#include <string>
#include <string_view>

namespace rookery::text {

// The larger charset that is to be tried first, or empty.
std::string superset_of(std::string_view name);
// What to try where the name itself is not known, or empty.
std::string alias_of(std::string_view name);

}  // namespace rookery::text

#endif
