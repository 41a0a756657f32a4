// UTF-8 (RFC 3629): one code point at a time, and checks.
//
// Overlong forms, surrogates and what is above U+10FFFF are not UTF-8. Nothing here fails with an
// Error; what cannot be decoded is kInvalid. Values.
#ifndef ROOKERY_LIB_TEXT_UTF8_H
#define ROOKERY_LIB_TEXT_UTF8_H

#include <string>
#include <string_view>

namespace rookery::text {

inline constexpr char32_t kInvalid = 0xffffffff;
inline constexpr char32_t kReplacement = 0xfffd;

// The code point at s[pos], which must be inside; pos goes behind it. kInvalid: pos goes one on.
char32_t next_code_point(std::string_view s, size_t& pos);
// Code points that UTF-8 cannot hold are written as kReplacement.
void append_utf8(std::string& out, char32_t c);
bool is_utf8(std::string_view s);
bool is_ascii(std::string_view s);
// Each byte that is not part of UTF-8 becomes kReplacement.
std::string repair_utf8(std::string_view s);

}  // namespace rookery::text

#endif
