// An address that a script sends mail to or from: sieve-address of RFC 5228 2.4.2.3.
//
// "local@domain" or "name <local@domain>", no group, no route, no control characters.
// Codes: syntax. Pure.
#ifndef ROOKERY_IMAP_SIEVE_OUTBOUND_ADDRESS_H
#define ROOKERY_IMAP_SIEVE_OUTBOUND_ADDRESS_H

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::sieve {

// The addr-spec of it.
Result<std::string> outbound_address(std::string_view text);

}  // namespace rookery::sieve

#endif
