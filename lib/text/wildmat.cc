#include "lib/text/wildmat.h"

#include "lib/base/strings.h"

namespace rookery::text {
namespace {

// The size of the character that begins here; bytes that are no UTF-8 are one each.
size_t character(std::string_view text)
{
    const auto first = static_cast<unsigned char>(text[0]);
    const size_t size = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (size_t i = 1; i < size; ++i)
        if (i >= text.size() || (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 1;
    return size;
}

// Only the last '*' is ever gone back to: what an earlier one could take, that can take too.
bool matches_one(std::string_view pattern, std::string_view text)
{
    size_t p = 0, t = 0;
    size_t star = pattern.npos, from = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.size() && pattern[p] == '?') {
            ++p;
            t += character(text.substr(t));
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != pattern.npos) {
            p = star + 1;
            from += character(text.substr(from));
            t = from;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

}  // namespace

Result<Wildmat> Wildmat::compile(std::string_view patterns, Poison poison)
{
    if (patterns.size() > kMaxWildmat) return Error{Code::limit, "The pattern is too long"};
    Wildmat made;
    made.text_ = patterns;
    for (std::string_view piece : split(patterns, ',')) {
        Means means = Means::yes;
        if (piece.starts_with('!'))
            means = Means::no;
        else if (piece.starts_with('@') && poison == Poison::yes)
            means = Means::poison;
        if (means != Means::yes) piece.remove_prefix(1);
        if (piece.empty() || piece.find_first_of("\\[]") != piece.npos)
            return Error{Code::syntax, "That is no wildmat"};
        made.patterns_.push_back({std::string(piece), means});
    }
    return made;
}

const Wildmat::Pattern* Wildmat::decides(std::string_view name) const
{
    for (auto it = patterns_.rbegin(); it != patterns_.rend(); ++it)
        if (matches_one(it->text, name)) return &*it;
    return nullptr;
}

bool Wildmat::matches(std::string_view name) const
{
    const Pattern* pattern = decides(name);
    return pattern != nullptr && pattern->means == Means::yes;
}

bool Wildmat::poisons(std::string_view name) const
{
    const Pattern* pattern = decides(name);
    return pattern != nullptr && pattern->means == Means::poison;
}

}  // namespace rookery::text
