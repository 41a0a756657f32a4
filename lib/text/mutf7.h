// Modified UTF-7, the form of mailbox names on the wire (RFC 3501 5.1.3).
//
// Strict both ways, so that every name has exactly one form: printable ASCII stands for itself,
// '&' is "&-", everything else is UTF-16 in modified base64 between '&' and '-', without characters
// that could stand for themselves, without one shift following another that it could have
// joined, without leftover bits and with surrogates in pairs.
// Codes: syntax. Values.
#ifndef ROOKERY_LIB_TEXT_MUTF7_H
#define ROOKERY_LIB_TEXT_MUTF7_H

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::text {

Status check_mutf7(std::string_view name);
Result<std::string> mutf7_to_utf8(std::string_view name);
// Controls are encoded like everything that is not printable ASCII. syntax: not UTF-8.
Result<std::string> utf8_to_mutf7(std::string_view name);

}  // namespace rookery::text

#endif
