// The pattern is cut at each '*' into pieces of literals and '?'. The first must stand at the
// value's beginning, the last at its end, each other as far left as it can behind the one before:
// if that fails, no other way could match, so nothing is ever tried twice.
#include "imap/sieve/match.h"

#include <algorithm>
#include <numeric>

#include "imap/sieve/variable_text.h"
#include "lib/base/strings.h"
#include "lib/text/casemap.h"
#include "lib/text/utf8.h"

namespace rookery::sieve {
namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// i;ascii-numeric: the digits at the beginning without leading zeros; none: infinity.
std::optional<std::string_view> number_of(std::string_view s)
{
    size_t end = 0;
    while (end < s.size() && is_digit(s[end])) ++end;
    if (end == 0) return std::nullopt;
    s = s.substr(0, end);
    s.remove_prefix(std::min(s.find_first_not_of('0'), s.size()));
    return s;
}

int compare_numbers(std::string_view a, std::string_view b)
{
    const auto x = number_of(a);
    const auto y = number_of(b);
    if (!x || !y) return static_cast<int>(!x) - static_cast<int>(!y);
    if (x->size() != y->size()) return x->size() < y->size() ? -1 : 1;
    return x->compare(*y);
}

std::string folded(Comparator::Kind kind, std::string_view s)
{
    switch (kind) {
        case Comparator::Kind::ascii_casemap: return to_lower(s);
        case Comparator::Kind::unicode_casemap: return text::casemap(s);
        case Comparator::Kind::octet:
        case Comparator::Kind::ascii_numeric: break;
    }
    return std::string(s);
}

// Text in which one character stands for one, and where that of each byte begins in what it was,
// its end included.
struct Folded {
    std::string text;
    std::vector<size_t> begins;
};

// What a character consists of is several, some of which mean something in a pattern: it is not
// taken apart.
Folded fold_characters(Comparator::Kind kind, std::string_view s)
{
    Folded out;
    if (kind != Comparator::Kind::unicode_casemap) {
        out.text = folded(kind, s);
        out.begins.resize(s.size());
        std::iota(out.begins.begin(), out.begins.end(), size_t{0});
    }
    for (size_t at = 0; at < s.size() && kind == Comparator::Kind::unicode_casemap;) {
        const size_t begin = at;
        const char32_t c = text::next_code_point(s, at);
        text::append_utf8(out.text, c == text::kInvalid ? text::kReplacement : text::titlecase(c));
        out.begins.resize(out.text.size(), begin);
    }
    out.begins.push_back(s.size());
    return out;
}

struct Element {
    char c = 0;
    bool any = false;  // '?'
};
using Piece = std::vector<Element>;

std::vector<Piece> pieces_of(std::string_view pattern)
{
    std::vector<Piece> out(1);
    for (size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '*') {
            out.emplace_back();
        } else if (pattern[i] == '?') {
            out.back().push_back({0, true});
        } else {
            if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
            out.back().push_back({pattern[i], false});
        }
    }
    return out;
}

class PatternMatcher {
 public:
    PatternMatcher(std::string_view value, bool octets) : s_(value), octets_(octets) {}

    // Where the value has to be read to for the piece to stand at `at`; npos: it does not.
    size_t stand(const Piece& piece, size_t at) const
    {
        for (const auto& e : piece) {
            if (at >= s_.size()) return std::string_view::npos;
            if (e.any)
                at += width(at);
            else if (s_[at++] != e.c)
                return std::string_view::npos;
        }
        return at;
    }

    // From where on the piece would reach the end of the value exactly.
    size_t stand_at_end(const Piece& piece, size_t from) const
    {
        size_t at = s_.size();
        for (auto e = piece.rbegin(); e != piece.rend(); ++e) {
            if (at <= from) return std::string_view::npos;
            --at;
            while (e->any && !octets_ && at > from && is_inside(at)) --at;
        }
        return stand(piece, at) == s_.size() ? at : std::string_view::npos;
    }

    bool run(const std::vector<Piece>& pieces)
    {
        size_t at = stand(pieces[0], 0);
        if (at == std::string_view::npos) return false;
        take_any(pieces[0], 0);
        if (pieces.size() == 1) return at == s_.size();
        for (size_t i = 1; i < pieces.size(); ++i) {
            const bool last = i + 1 == pieces.size();
            size_t begin = last ? stand_at_end(pieces[i], at) : at;
            while (!last && begin <= s_.size() && stand(pieces[i], begin) == std::string_view::npos)
                begin += begin < s_.size() ? width(begin) : 1;
            if (begin > s_.size()) return false;
            captures_.push_back({at, begin - at});
            take_any(pieces[i], begin);
            at = stand(pieces[i], begin);
        }
        return true;
    }

    struct Span {
        size_t begin;
        size_t size;
    };
    const std::vector<Span>& captures() const { return captures_; }

 private:
    bool is_inside(size_t at) const { return (static_cast<unsigned char>(s_[at]) & 0xc0) == 0x80; }
    // Of the character there.
    size_t width(size_t at) const
    {
        size_t end = at + 1;
        while (!octets_ && end < s_.size() && end < at + 4 && is_inside(end)) ++end;
        return end - at;
    }
    void take_any(const Piece& piece, size_t at)
    {
        for (const auto& e : piece) {
            const size_t size = e.any ? width(at) : 1;
            if (e.any) captures_.push_back({at, size});
            at += size;
        }
    }

    std::string_view s_;
    bool octets_;
    std::vector<Span> captures_;
};

}  // namespace

int compare(Comparator::Kind kind, std::string_view a, std::string_view b)
{
    switch (kind) {
        case Comparator::Kind::octet: return a.compare(b);
        case Comparator::Kind::ascii_numeric: return compare_numbers(a, b);
        case Comparator::Kind::ascii_casemap: return compare_nocase(a, b);
        case Comparator::Kind::unicode_casemap: break;
    }
    return folded(kind, a).compare(folded(kind, b));
}

bool holds(Relation relation, int order)
{
    switch (relation) {
        case Relation::gt: return order > 0;
        case Relation::ge: return order >= 0;
        case Relation::lt: return order < 0;
        case Relation::le: return order <= 0;
        case Relation::eq: return order == 0;
        case Relation::ne: break;
    }
    return order != 0;
}

bool contains(Comparator::Kind kind, std::string_view value, std::string_view key)
{
    if (kind == Comparator::Kind::octet) return value.find(key) != std::string_view::npos;
    return folded(kind, value).find(folded(kind, key)) != std::string::npos;
}

bool matches(Comparator::Kind kind, std::string_view value, std::string_view pattern,
             std::vector<std::string>* captures)
{
    const Folded whole = fold_characters(kind, value);
    PatternMatcher matcher(whole.text, kind == Comparator::Kind::octet);
    if (!matcher.run(pieces_of(fold_characters(kind, pattern).text))) return false;
    if (captures == nullptr) return true;
    captures->assign(1, std::string(value));
    for (const auto& span : matcher.captures()) {
        if (captures->size() > kMaxMatchVariable) break;
        const size_t begin = whole.begins[span.begin];
        captures->emplace_back(value.substr(begin, whole.begins[span.begin + span.size] - begin));
    }
    return true;
}

}  // namespace rookery::sieve
