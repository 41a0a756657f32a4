// Encoded words (RFC 2047) and parameter values (RFC 2231).
#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/base64.h"
#include "lib/text/charset.h"

namespace rookery::text {
namespace {

// RFC 2047 4.2: hexadecimal digits behind '=', '_' is a space.
std::string decode_q(std::string text)
{
    std::replace(text.begin(), text.end(), '_', ' ');
    return unescape_hex(text, '=');
}

// RFC 2047 allows 75; some write more. Bounded, or many beginnings without an end cost the square.
constexpr size_t kMaxWord = 4096;

struct EncodedWord {
    std::string charset;
    std::string bytes;
    size_t size = 0;  // of the word
};

// "=?charset[*language]?q?text?=" at the beginning of s.
std::optional<EncodedWord> encoded_word(std::string_view s)
{
    if (!s.starts_with("=?")) return std::nullopt;
    s = s.substr(0, kMaxWord);
    const size_t second = s.find('?', 2);
    if (second == std::string_view::npos || second + 3 >= s.size() || s[second + 2] != '?')
        return std::nullopt;
    const size_t end = s.find("?=", second + 3);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = s.substr(second + 3, end - second - 3);
    std::string_view charset = s.substr(2, second - 2);
    if (charset.empty() || charset.find_first_of(" \t\r\n\"") != std::string_view::npos)
        return std::nullopt;
    EncodedWord word;
    word.charset = charset.substr(0, charset.find('*'));
    word.size = end + 2;
    const char kind = to_lower(s[second + 1]);
    if (kind == 'b')
        word.bytes = base64_decode_lenient(text, text.size());
    else if (kind == 'q')
        word.bytes = decode_q(std::string(text));
    else
        return std::nullopt;
    return word;
}

}  // namespace

std::string decode_words(std::string_view value)
{
    const std::string text = unfold(value);
    std::string out;
    std::string plain;  // not yet written
    std::string charset;
    std::optional<CharsetConverter> words;  // of one charset, next to each other
    auto end_words = [&] {
        if (words) words->finish(out);
        words.reset();
    };
    for (size_t i = 0; i < text.size();) {
        auto word = text[i] == '=' ? encoded_word(std::string_view(text).substr(i)) : std::nullopt;
        if (!word) {
            plain.push_back(text[i++]);
            continue;
        }
        const bool joins = words && trim(plain).empty();
        if (!joins || !equal_nocase(word->charset, charset)) end_words();
        if (!joins) out.append(to_utf8("us-ascii", plain));
        plain.clear();
        charset = word->charset;
        if (!words) words.emplace(charset);
        words->feed(word->bytes, out);
        words->end_word(out);
        i += word->size;
    }
    end_words();
    out.append(to_utf8("us-ascii", plain));
    return out;
}

std::optional<std::string> decode_param(const std::vector<Param>& params, std::string_view name)
{
    const auto found = find_param(params, name);
    if (!found) return std::nullopt;
    return found->encoded ? to_utf8(found->charset, found->bytes) : decode_words(found->bytes);
}

}  // namespace rookery::text
