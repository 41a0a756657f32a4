// Small text tools.
#include "lib/base/strings.h"

#include <charconv>

namespace rookery {

void append_to(std::string& out, long long n)
{
    char buf[24];
    auto r = std::to_chars(buf, buf + sizeof buf, n);
    out.append(buf, r.ptr);
}

void append_to(std::string& out, unsigned long long n)
{
    char buf[24];
    auto r = std::to_chars(buf, buf + sizeof buf, n);
    out.append(buf, r.ptr);
}

char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

char to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

std::string to_lower(std::string_view s)
{
    std::string out(s);
    for (char& c : out) c = to_lower(c);
    return out;
}

std::string to_upper(std::string_view s)
{
    std::string out(s);
    for (char& c : out) c = to_upper(c);
    return out;
}

int compare_nocase(std::string_view a, std::string_view b)
{
    size_t n = a.size() < b.size() ? a.size() : b.size();
    for (size_t i = 0; i < n; i++) {
        auto x = static_cast<unsigned char>(to_lower(a[i]));
        auto y = static_cast<unsigned char>(to_lower(b[i]));
        if (x != y) return x < y ? -1 : 1;
    }
    return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

bool equal_nocase(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && compare_nocase(a, b) == 0;
}

bool starts_with_nocase(std::string_view s, std::string_view prefix)
{
    return s.size() >= prefix.size() && equal_nocase(s.substr(0, prefix.size()), prefix);
}

std::string_view trim(std::string_view s)
{
    constexpr std::string_view kSpace = " \t\r\n";
    size_t a = s.find_first_not_of(kSpace);
    if (a == s.npos) return {};
    return s.substr(a, s.find_last_not_of(kSpace) - a + 1);
}

std::vector<std::string_view> split(std::string_view s, char separator, bool keep_empty)
{
    std::vector<std::string_view> out;
    for (;;) {
        size_t n = s.find(separator);
        std::string_view piece = s.substr(0, n);
        if (keep_empty || !piece.empty()) out.push_back(piece);
        if (n == s.npos) return out;
        s.remove_prefix(n + 1);
    }
}

std::vector<std::string_view> split_words(std::string_view s)
{
    std::vector<std::string_view> out;
    for (;;) {
        size_t a = s.find_first_not_of(" \t");
        if (a == s.npos) return out;
        s.remove_prefix(a);
        size_t n = s.find_first_of(" \t");
        out.push_back(s.substr(0, n));
        if (n == s.npos) return out;
        s.remove_prefix(n);
    }
}

Result<uint64_t> to_uint64(std::string_view s, uint64_t max)
{
    if (s.empty()) return Error{Code::syntax, "a number is expected"};
    uint64_t n = 0;
    for (char c : s) {
        if (c < '0' || c > '9') return Error{Code::syntax, "a number is expected"};
        auto digit = static_cast<uint64_t>(c - '0');
        if (n > (max - digit) / 10 || digit > max)
            return Error{Code::limit, cat("number over ", max)};
        n = n * 10 + digit;
    }
    return n;
}

uint64_t stable_hash(std::string_view bytes)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (char c : bytes) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return h;
}

std::string hex(std::string_view bytes)
{
    constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (char c : bytes) {
        auto u = static_cast<unsigned char>(c);
        out.push_back(kDigits[u >> 4]);
        out.push_back(kDigits[u & 15]);
    }
    return out;
}

namespace {
int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
}  // namespace

Result<std::string> unhex(std::string_view text)
{
    if (text.size() % 2 != 0) return Error{Code::syntax, "odd number of hexadecimal digits"};
    std::string out;
    for (size_t i = 0; i < text.size(); i += 2) {
        int a = hex_digit(text[i]);
        int b = hex_digit(text[i + 1]);
        if (a < 0 || b < 0) return Error{Code::syntax, "not a hexadecimal digit"};
        out.push_back(static_cast<char>(a * 16 + b));
    }
    return out;
}

bool equal_constant_time(std::string_view a, std::string_view b)
{
    if (a.size() != b.size()) return false;
    unsigned char diff = 0;
    for (size_t i = 0; i < a.size(); i++)
        diff = static_cast<unsigned char>(
            diff | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
    return diff == 0;
}

}  // namespace rookery
