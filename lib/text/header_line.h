// A header field as this server writes it (RFC 5322 2.2.3, RFC 2047).
//
// Nothing in the value can begin another line: control bytes are spaces. What is not ASCII is put
// into encoded words of UTF-8, what is no UTF-8 as it is read elsewhere (decode_words). Folded at
// spaces before kFold bytes, and within words that no line can hold. Pure; cannot fail.
#ifndef ROOKERY_LIB_TEXT_HEADER_LINE_H
#define ROOKERY_LIB_TEXT_HEADER_LINE_H

#include <string>
#include <string_view>

namespace rookery::text {

inline constexpr size_t kFold = 78;
inline constexpr size_t kMaxHeaderLine = 998;  // without CRLF

// "Name: value CRLF"
std::string header_line(std::string_view name, std::string_view value);

}  // namespace rookery::text

#endif
