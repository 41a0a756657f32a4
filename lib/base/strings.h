// Small text tools: joining, splitting, ASCII case, numbers.
//
// All work on bytes; case is ASCII only, whatever the locale. Nothing here fails except to_number,
// which takes only digits, no sign, and a maximum (Code::syntax, Code::limit).
#ifndef ROOKERY_LIB_BASE_STRINGS_H
#define ROOKERY_LIB_BASE_STRINGS_H

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery {

inline void append_to(std::string& out, std::string_view s)
{
    out.append(s);
}
inline void append_to(std::string& out, char c)
{
    out.push_back(c);
}
void append_to(std::string& out, long long n);
void append_to(std::string& out, unsigned long long n);
template <std::signed_integral T>
requires(!std::same_as<T, char> && !std::same_as<T, long long>) void append_to(std::string& out,
                                                                               T n)
{
    append_to(out, static_cast<long long>(n));
}
template <std::unsigned_integral T>
requires(!std::same_as<T, bool> && !std::same_as<T, char> &&
         !std::same_as<T, unsigned long long>) void append_to(std::string& out, T n)
{
    append_to(out, static_cast<unsigned long long>(n));
}

// Appends each of the parts (text, char or integer) to out.
template <class... Parts>
void cat_to(std::string& out, const Parts&... parts)
{
    (append_to(out, parts), ...);
}

// The parts (text, char or integer) joined.
template <class... Parts>
std::string cat(const Parts&... parts)
{
    std::string out;
    cat_to(out, parts...);
    return out;
}

char to_lower(char c);
char to_upper(char c);
std::string to_lower(std::string_view s);
std::string to_upper(std::string_view s);
bool equal_nocase(std::string_view a, std::string_view b);
bool starts_with_nocase(std::string_view s, std::string_view prefix);
int compare_nocase(std::string_view a, std::string_view b);

// ASCII without spaces at either end (space, tab, CR, LF).
std::string_view trim(std::string_view s);

// Pieces between the separators; with keep_empty false, empty pieces are left out.
// The views point into s.
std::vector<std::string_view> split(std::string_view s, char separator, bool keep_empty = true);
// Pieces between runs of spaces and tabs.
std::vector<std::string_view> split_words(std::string_view s);

Result<uint64_t> to_uint64(std::string_view s, uint64_t max);
// Digits only. Over max: Code::limit. Anything else: Code::syntax.
template <std::unsigned_integral T>
Result<T> to_number(std::string_view s, T max = std::numeric_limits<T>::max())
{
    TRY_ASSIGN(uint64_t n, to_uint64(s, max));
    return static_cast<T>(n);
}

// FNV-1a in 64 bits: the same on every platform, unlike std::hash.
uint64_t stable_hash(std::string_view bytes);

std::string hex(std::string_view bytes);           // lower case
Result<std::string> unhex(std::string_view text);  // either case; Code::syntax

// True if equal, in time that depends on the lengths only. For secrets.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace rookery

#endif
