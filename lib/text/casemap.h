// i;unicode-casemap (RFC 5051): how text compares regardless of case and of the way in which its
// characters are composed. UTF-8 in and out.
//
// Of Unicode 14.0, whatever version the system knows: what is made of this is kept on disk. Never
// fails: what is not UTF-8 becomes U+FFFD. Values.
#ifndef ROOKERY_LIB_TEXT_CASEMAP_H
#define ROOKERY_LIB_TEXT_CASEMAP_H

#include <span>
#include <string>
#include <string_view>

namespace rookery::text {

// The simple mapping of Unicode, one character for one.
char32_t titlecase(char32_t c);

// What the character consists of, canonically or by compatibility, to the last. Empty: itself.
std::span<const char32_t> decomposition(char32_t c);

// Text that is equal is the same; by this it is sorted, byte by byte.
std::string casemap(std::string_view utf8);

}  // namespace rookery::text

#endif
