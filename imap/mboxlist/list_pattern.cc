#include "imap/mboxlist/list_pattern.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/mutf7.h"
#include "lib/text/utf8.h"

namespace rookery::mboxlist {
namespace {

// Runs of wildcards are one: any '*' in it makes it '*'.
std::string simplified(std::string_view pattern)
{
    std::string out;
    for (const char c : pattern) {
        const bool wild = c == '*' || c == '%';
        if (!wild || out.empty() || (out.back() != '*' && out.back() != '%'))
            out += c;
        else if (c == '*')
            out.back() = '*';
    }
    return out;
}

// Up to where names in UTF-8 and modified UTF-7 are the same.
size_t ascii_length(std::string_view name)
{
    const auto end = std::find_if(name.begin(), name.end(), [](char c) {
        return c == '&' || static_cast<unsigned char>(c) >= 0x80;
    });
    return static_cast<size_t>(end - name.begin());
}

void set_bit(uint64_t* bits, size_t i)
{
    bits[i / 64] |= uint64_t{1} << (i % 64);
}

}  // namespace

Result<ListPattern> ListPattern::compile(std::string_view pattern, char separator)
{
    if (pattern.size() > kMaxPattern) return Error{Code::limit, "Mailbox pattern too long"};
    const std::string text = simplified(pattern);
    ListPattern p;
    p.separator_ = separator;
    p.length_ = text.size();
    p.words_ = text.size() / 64 + 1;
    p.ends_in_percent_ = pattern.ends_with('%');
    p.utf8_ = !text::is_ascii(text);
    p.literal_ = text.substr(0, text.find_first_of("*%"));
    // Behind the first '&' a name may go on otherwise.
    if (p.utf8_) p.literal_.erase(ascii_length(p.literal_));
    p.stars_.resize(p.words_);
    p.percents_.resize(p.words_);
    p.letters_.resize(256 * p.words_);
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '*')
            set_bit(p.stars_.data(), i);
        else if (text[i] == '%')
            set_bit(p.percents_.data(), i);
        else
            set_bit(&p.letters_[static_cast<unsigned char>(text[i]) * p.words_], i);
    }
    return p;
}

// A wildcard may match nothing: whoever stands before one stands behind it too. There are never two
// in a row.
void ListPattern::close(Bits& at) const
{
    uint64_t carry = 0;
    for (size_t w = 0; w < words_; ++w) {
        const uint64_t wild = at[w] & (stars_[w] | percents_[w]);
        at[w] |= wild << 1 | carry;
        carry = wild >> 63;
    }
}

void ListPattern::start(Bits& at) const
{
    at.assign(words_, 0);
    at[0] = 1;
    close(at);
}

void ListPattern::step(Bits& at, char c, bool nocase) const
{
    const uint64_t* letter = &letters_[static_cast<unsigned char>(c) * words_];
    const uint64_t* other =
        nocase ? &letters_[static_cast<unsigned char>(to_lower(c)) * words_] : letter;
    uint64_t carry = 0;
    for (size_t w = 0; w < words_; ++w) {
        const uint64_t moves = at[w] & (letter[w] | other[w]);
        uint64_t stays = at[w] & stars_[w];
        if (c != separator_) stays |= at[w] & percents_[w];
        at[w] = moves << 1 | carry | stays;
        carry = moves >> 63;
    }
    close(at);
}

bool ListPattern::at_end(const Bits& at) const
{
    return (at[length_ / 64] >> (length_ % 64) & 1) != 0;
}

void ListPattern::run(std::string_view name, size_t nocase, std::vector<Level>& levels) const
{
    const bool make = levels.empty();
    size_t index = 0;
    const auto note = [&](size_t length, bool matches) -> Level& {
        if (make) levels.push_back(Level{length, false, false, false});
        Level& level = levels[index++];
        level.matches |= matches;
        level.matches_as_level |= matches && ends_in_percent_;
        return level;
    };
    Bits at;
    start(at);
    const auto alive = [&] {
        return std::any_of(at.begin(), at.end(), [](uint64_t word) { return word != 0; });
    };
    for (size_t i = 0; i < name.size(); ++i) {
        if (utf8_ && name[i] == '&') {
            const size_t end = std::min(name.find('-', i), name.size() - 1);
            const std::string_view encoded = name.substr(i, end + 1 - i);
            const auto decoded = text::mutf7_to_utf8(encoded);
            for (const char c : decoded ? std::string_view(*decoded) : encoded) step(at, c, false);
            i = end;
            continue;
        }
        const bool separates = name[i] == separator_;
        Level* level = separates ? &note(i, at_end(at)) : nullptr;
        step(at, name[i], i < nocase);
        if (level) level->alive |= alive();
    }
    Level& whole = note(name.size(), at_end(at));
    step(at, separator_, false);
    whole.alive |= alive();
}

bool ListPattern::matches(std::string_view name, size_t nocase) const
{
    std::vector<Level> levels;
    run(name, nocase, levels);
    return levels.back().matches;
}

std::string join_reference(std::string_view reference, std::string_view pattern, char separator)
{
    if (reference.ends_with(separator) && pattern.starts_with(separator)) pattern.remove_prefix(1);
    return cat(reference, pattern);
}

}  // namespace rookery::mboxlist
