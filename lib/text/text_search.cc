#include "lib/text/text_search.h"

#include <algorithm>
#include <array>

#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/transfer_encoding.h"
#include "lib/text/utf8.h"

namespace rookery::text {
namespace {

constexpr size_t kPiece = 32768;

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

void feed_part(TextMatcher& matcher, std::string_view body, const Part& part)
{
    const auto charset = part.param("CHARSET");
    TransferDecoder decoder(part.encoding);
    CharsetConverter converter(charset.value_or("us-ascii"));
    std::string bytes;
    std::string utf8;
    matcher.start();
    for (size_t pos = 0; pos < body.size() && !matcher.found(); pos += kPiece) {
        bytes.clear();
        utf8.clear();
        decoder.feed(body.substr(pos, kPiece), bytes);
        converter.feed(bytes, utf8);
        matcher.feed(utf8);
    }
    bytes.clear();
    utf8.clear();
    decoder.finish(bytes);
    converter.feed(bytes, utf8);
    converter.finish(utf8);
    matcher.feed(utf8);
}

bool part_contains(std::string_view bytes, const Part& part, TextMatcher& matcher,
                   std::string_view needle)
{
    if (part.is_text()) {
        feed_part(matcher, part.body(bytes), part);
        return matcher.found();
    }
    if (part.is_message() && header_contains(part.children[0].header(bytes), needle)) return true;
    for (const auto& child : part.children)
        if (part_contains(bytes, child, matcher, needle)) return true;
    return false;
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

void TextMatcher::start()
{
    window_.clear();
    found_ = needle_.empty();
}

bool TextMatcher::feed(std::string_view utf8)
{
    if (needle_.empty()) found_ = true;
    if (found_ || utf8.empty()) return found_;
    window_.append(fold_case(utf8));
    if (window_.find(needle_) != std::string::npos) return found_ = true;
    const size_t keep = std::min(window_.size(), needle_.size() - 1);
    window_.erase(0, window_.size() - keep);
    return false;
}

bool contains_folded(std::string_view utf8, std::string_view needle)
{
    return TextMatcher(needle).feed(utf8) || needle.empty();
}

bool header_contains(std::string_view header, std::string_view needle)
{
    HeaderCursor cursor(header);
    while (auto field = cursor.next()) {
        const std::string text = field->name.empty()
                                     ? decode_words(field->raw)
                                     : cat(field->name, ": ", decode_words(field->value));
        if (contains_folded(text, needle)) return true;
    }
    return needle.empty();
}

bool body_contains(std::string_view bytes, const Message& message, std::string_view needle)
{
    TextMatcher matcher(needle);
    return needle.empty() || part_contains(bytes, message.root, matcher, needle);
}

}  // namespace rookery::text
