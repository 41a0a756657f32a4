// Base64 (RFC 4648 section 4), whole values.
//
// base64_decode is strict: only the alphabet, '=' only as right padding, no leftover bits, nothing
// else in between. base64_decode_lenient is for mail bodies (RFC 2045 6.8): it skips what is not in
// the alphabet and stops at '='. Both give at most max bytes.
// Codes: syntax (not base64), limit (longer than max). Values; no sharing.
#ifndef ROOKERY_LIB_TEXT_BASE64_H
#define ROOKERY_LIB_TEXT_BASE64_H

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::text {

std::string base64_encode(std::string_view bytes);
Result<std::string> base64_decode(std::string_view text, size_t max);
// Never fails; what is over max is left out.
std::string base64_decode_lenient(std::string_view text, size_t max);

}  // namespace rookery::text

#endif
