#include "lib/text/search_form.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/text/utf8.h"

namespace rookery::text {
namespace {

struct Shifted {
    char32_t first;
    char32_t last;
    int32_t by;  // to lower case
};

// Runs of capitals whose small letters lie at one distance.
constexpr std::array kShifted = {
    Shifted{0x41, 0x5a, 32},       Shifted{0xc0, 0xd6, 32},      Shifted{0xd8, 0xde, 32},
    Shifted{0x388, 0x38a, 37},     Shifted{0x391, 0x3a1, 32},    Shifted{0x3a3, 0x3ab, 32},
    Shifted{0x400, 0x40f, 80},     Shifted{0x410, 0x42f, 32},    Shifted{0x531, 0x556, 48},
    Shifted{0x10a0, 0x10c5, 7264}, Shifted{0x2160, 0x216f, 16},  Shifted{0x24b6, 0x24cf, 26},
    Shifted{0xff21, 0xff3a, 32},   Shifted{0x10400, 0x10427, 40}};

// Runs of pairs, capital first, at even or at odd numbers.
struct Paired {
    char32_t first;
    char32_t last;
};
constexpr std::array kPaired = {
    Paired{0x100, 0x12f}, Paired{0x132, 0x137}, Paired{0x139, 0x148},   Paired{0x14a, 0x177},
    Paired{0x179, 0x17e}, Paired{0x1cd, 0x1dc}, Paired{0x1de, 0x1ef},   Paired{0x1f8, 0x21f},
    Paired{0x222, 0x233}, Paired{0x3d8, 0x3ef}, Paired{0x460, 0x481},   Paired{0x48a, 0x4bf},
    Paired{0x4c1, 0x4ce}, Paired{0x4d0, 0x52f}, Paired{0x1e00, 0x1e95}, Paired{0x1ea0, 0x1eff}};

// Those that are alone.
constexpr std::array<std::array<char32_t, 2>, 9> kSingle = {{{0x130, 0x69},
                                                             {0x178, 0xff},
                                                             {0x17f, 0x73},
                                                             {0x386, 0x3ac},
                                                             {0x38c, 0x3cc},
                                                             {0x38e, 0x3cd},
                                                             {0x38f, 0x3ce},
                                                             {0x3c2, 0x3c3},
                                                             {0x1e9e, 0xdf}}};

// Letters with marks whose letter is the same, in order. Only what fold_case() leaves is looked up,
// so that capitals and numbers without a letter may lie in between.
struct Marked {
    char32_t first;
    char32_t last;
    char32_t letter;
};
constexpr Marked kMarked[] = {
    {0xe0, 0xe5, 'a'},       {0xe7, 0xe7, 'c'},       {0xe8, 0xeb, 'e'},
    {0xec, 0xef, 'i'},       {0xf1, 0xf1, 'n'},       {0xf2, 0xf6, 'o'},
    {0xf9, 0xfc, 'u'},       {0xfd, 0xfd, 'y'},       {0xff, 0xff, 'y'},
    {0x101, 0x105, 'a'},     {0x107, 0x10d, 'c'},     {0x10f, 0x10f, 'd'},
    {0x113, 0x11b, 'e'},     {0x11d, 0x123, 'g'},     {0x125, 0x125, 'h'},
    {0x129, 0x12f, 'i'},     {0x135, 0x135, 'j'},     {0x137, 0x137, 'k'},
    {0x13a, 0x13e, 'l'},     {0x144, 0x148, 'n'},     {0x14d, 0x151, 'o'},
    {0x155, 0x159, 'r'},     {0x15b, 0x161, 's'},     {0x163, 0x165, 't'},
    {0x169, 0x173, 'u'},     {0x175, 0x175, 'w'},     {0x177, 0x177, 'y'},
    {0x17a, 0x17e, 'z'},     {0x1a0, 0x1a1, 'o'},     {0x1af, 0x1b0, 'u'},
    {0x1ce, 0x1ce, 'a'},     {0x1d0, 0x1d0, 'i'},     {0x1d2, 0x1d2, 'o'},
    {0x1d4, 0x1dc, 'u'},     {0x1df, 0x1e1, 'a'},     {0x1e3, 0x1e3, 0xe6},
    {0x1e7, 0x1e7, 'g'},     {0x1e9, 0x1e9, 'k'},     {0x1eb, 0x1ed, 'o'},
    {0x1ef, 0x1ef, 0x292},   {0x1f0, 0x1f0, 'j'},     {0x1f4, 0x1f5, 'g'},
    {0x1f9, 0x1f9, 'n'},     {0x1fb, 0x1fb, 'a'},     {0x1fd, 0x1fd, 0xe6},
    {0x1ff, 0x1ff, 0xf8},    {0x201, 0x203, 'a'},     {0x205, 0x207, 'e'},
    {0x209, 0x20b, 'i'},     {0x20d, 0x20f, 'o'},     {0x211, 0x213, 'r'},
    {0x215, 0x217, 'u'},     {0x219, 0x219, 's'},     {0x21b, 0x21b, 't'},
    {0x21f, 0x21f, 'h'},     {0x227, 0x227, 'a'},     {0x229, 0x229, 'e'},
    {0x22b, 0x231, 'o'},     {0x233, 0x233, 'y'},     {0x390, 0x390, 0x3b9},
    {0x3ac, 0x3ac, 0x3b1},   {0x3ad, 0x3ad, 0x3b5},   {0x3ae, 0x3ae, 0x3b7},
    {0x3af, 0x3af, 0x3b9},   {0x3b0, 0x3b0, 0x3c5},   {0x3ca, 0x3ca, 0x3b9},
    {0x3cb, 0x3cb, 0x3c5},   {0x3cc, 0x3cc, 0x3bf},   {0x3cd, 0x3cd, 0x3c5},
    {0x3ce, 0x3ce, 0x3c9},   {0x3d3, 0x3d4, 0x3d2},   {0x439, 0x439, 0x438},
    {0x450, 0x451, 0x435},   {0x453, 0x453, 0x433},   {0x457, 0x457, 0x456},
    {0x45c, 0x45c, 0x43a},   {0x45d, 0x45d, 0x438},   {0x45e, 0x45e, 0x443},
    {0x477, 0x477, 0x475},   {0x4c2, 0x4c2, 0x436},   {0x4d1, 0x4d3, 0x430},
    {0x4d7, 0x4d7, 0x435},   {0x4db, 0x4db, 0x4d9},   {0x4dd, 0x4dd, 0x436},
    {0x4df, 0x4df, 0x437},   {0x4e3, 0x4e5, 0x438},   {0x4e7, 0x4e7, 0x43e},
    {0x4eb, 0x4eb, 0x4e9},   {0x4ed, 0x4ed, 0x44d},   {0x4ef, 0x4f3, 0x443},
    {0x4f5, 0x4f5, 0x447},   {0x4f9, 0x4f9, 0x44b},   {0x1e01, 0x1e01, 'a'},
    {0x1e03, 0x1e07, 'b'},   {0x1e09, 0x1e09, 'c'},   {0x1e0b, 0x1e13, 'd'},
    {0x1e15, 0x1e1d, 'e'},   {0x1e1f, 0x1e1f, 'f'},   {0x1e21, 0x1e21, 'g'},
    {0x1e23, 0x1e2b, 'h'},   {0x1e2d, 0x1e2f, 'i'},   {0x1e31, 0x1e35, 'k'},
    {0x1e37, 0x1e3d, 'l'},   {0x1e3f, 0x1e43, 'm'},   {0x1e45, 0x1e4b, 'n'},
    {0x1e4d, 0x1e53, 'o'},   {0x1e55, 0x1e57, 'p'},   {0x1e59, 0x1e5f, 'r'},
    {0x1e61, 0x1e69, 's'},   {0x1e6b, 0x1e71, 't'},   {0x1e73, 0x1e7b, 'u'},
    {0x1e7d, 0x1e7f, 'v'},   {0x1e81, 0x1e89, 'w'},   {0x1e8b, 0x1e8d, 'x'},
    {0x1e8f, 0x1e8f, 'y'},   {0x1e91, 0x1e95, 'z'},   {0x1e96, 0x1e96, 'h'},
    {0x1e97, 0x1e97, 't'},   {0x1e98, 0x1e98, 'w'},   {0x1e99, 0x1e99, 'y'},
    {0x1e9b, 0x1e9b, 's'},   {0x1ea1, 0x1eb7, 'a'},   {0x1eb9, 0x1ec7, 'e'},
    {0x1ec9, 0x1ecb, 'i'},   {0x1ecd, 0x1ee3, 'o'},   {0x1ee5, 0x1ef1, 'u'},
    {0x1ef3, 0x1ef9, 'y'},   {0x1f00, 0x1f0f, 0x3b1}, {0x1f10, 0x1f1d, 0x3b5},
    {0x1f20, 0x1f2f, 0x3b7}, {0x1f30, 0x1f3f, 0x3b9}, {0x1f40, 0x1f4d, 0x3bf},
    {0x1f50, 0x1f5f, 0x3c5}, {0x1f60, 0x1f6f, 0x3c9}, {0x1f70, 0x1f71, 0x3b1},
    {0x1f72, 0x1f73, 0x3b5}, {0x1f74, 0x1f75, 0x3b7}, {0x1f76, 0x1f77, 0x3b9},
    {0x1f78, 0x1f79, 0x3bf}, {0x1f7a, 0x1f7b, 0x3c5}, {0x1f7c, 0x1f7d, 0x3c9},
    {0x1f80, 0x1f8f, 0x3b1}, {0x1f90, 0x1f9f, 0x3b7}, {0x1fa0, 0x1faf, 0x3c9},
    {0x1fb0, 0x1fbc, 0x3b1}, {0x1fc2, 0x1fc7, 0x3b7}, {0x1fc8, 0x1fc9, 0x3b5},
    {0x1fca, 0x1fcc, 0x3b7}, {0x1fd0, 0x1fdb, 0x3b9}, {0x1fe0, 0x1fe3, 0x3c5},
    {0x1fe4, 0x1fe5, 0x3c1}, {0x1fe6, 0x1feb, 0x3c5}, {0x1fec, 0x1fec, 0x3c1},
    {0x1ff2, 0x1ff7, 0x3c9}, {0x1ff8, 0x1ff9, 0x3bf}, {0x1ffa, 0x1ffc, 0x3c9},
    {0x212b, 0x212b, 'a'}};

// The letter without its marks (the canonical decompositions of Unicode).
char32_t without_marks(char32_t c)
{
    const auto* run = std::lower_bound(std::begin(kMarked), std::end(kMarked), c,
                                       [](const Marked& m, char32_t x) { return m.last < x; });
    return run != std::end(kMarked) && c >= run->first ? run->letter : c;
}

bool is_mark(char32_t c)
{
    return c >= 0x300 && c <= 0x36f;
}

bool is_space(char32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

}  // namespace

char32_t fold_case(char32_t c)
{
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    for (const auto& r : kShifted)
        if (c >= r.first && c <= r.last) return c + static_cast<char32_t>(r.by);
    for (const auto& s : kSingle)
        if (c == s[0]) return s[1];
    for (const auto& r : kPaired)
        if (c >= r.first && c <= r.last) return (c - r.first) % 2 == 0 ? c + 1 : c;
    return c;
}

std::string fold_case(std::string_view utf8)
{
    std::string out;
    out.reserve(utf8.size());
    for (size_t pos = 0; pos < utf8.size();) {
        const char32_t c = next_code_point(utf8, pos);
        if (c == kInvalid)
            append_utf8(out, kReplacement);
        else
            append_utf8(out, fold_case(c));
    }
    return out;
}

// Of which mark it is nothing is known but the letter, which stands for it.
std::string collation_key(std::string_view utf8)
{
    std::string out;
    out.reserve(utf8.size());
    for (size_t pos = 0; pos < utf8.size();) {
        char32_t c = next_code_point(utf8, pos);
        if (c == kInvalid) c = kReplacement;
        c = fold_case(c);
        const char32_t letter = without_marks(c);
        append_utf8(out, letter >= 'a' && letter <= 'z' ? letter - 32 : letter);
        if (letter != c) append_utf8(out, c);
    }
    return out;
}

void SearchFormer::add(std::string_view utf8, std::string& out)
{
    for (size_t pos = 0; pos < utf8.size();) {
        const auto byte = static_cast<unsigned char>(utf8[pos]);
        if (byte > ' ' && byte < 0x80) {  // as nearly all are
            after_space_ = false;
            out.push_back(byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : utf8[pos]);
            pos++;
            continue;
        }
        char32_t c = next_code_point(utf8, pos);
        if (c == kInvalid) c = kReplacement;
        const bool space = form_.spaces != SearchForm::Spaces::keep && is_space(c);
        const bool follows = std::exchange(after_space_, space);
        if (space) {
            if (form_.spaces == SearchForm::Spaces::merge && !follows) out.push_back(' ');
            continue;
        }
        c = fold_case(c);
        if (form_.skips_diacritics) {
            if (is_mark(c)) continue;
            c = without_marks(c);
        }
        append_utf8(out, c);
    }
}

std::string search_form(std::string_view utf8, const SearchForm& form)
{
    std::string out;
    out.reserve(utf8.size());
    SearchFormer(form).add(utf8, out);
    return out;
}

}  // namespace rookery::text
