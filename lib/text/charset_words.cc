// Encoded words (RFC 2047) and parameter values (RFC 2231).
#include "lib/base/strings.h"
#include "lib/text/base64.h"
#include "lib/text/charset.h"
#include "lib/text/header_cursor.h"

namespace rookery::text {
namespace {

int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = to_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Bytes written as escape and two hex digits.
std::string unescape(std::string_view s, char escape, bool underscore_is_space)
{
    std::string out;
    for (size_t i = 0; i < s.size(); i++) {
        if (s[i] == escape && i + 2 < s.size() && hex_value(s[i + 1]) >= 0 &&
            hex_value(s[i + 2]) >= 0) {
            out.push_back(static_cast<char>(hex_value(s[i + 1]) * 16 + hex_value(s[i + 2])));
            i += 2;
        } else {
            out.push_back(underscore_is_space && s[i] == '_' ? ' ' : s[i]);
        }
    }
    return out;
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
        word.bytes = unescape(text, '=', true);
    else
        return std::nullopt;
    return word;
}

// "NAME*0*", "NAME*1", "NAME*": the number, -1 if it has none; whether it is percent-encoded.
struct Piece {
    long number = -1;
    bool encoded = false;
};

std::optional<Piece> piece_of(std::string_view param, std::string_view name)
{
    if (!param.starts_with(name)) return std::nullopt;
    std::string_view rest = param.substr(name.size());
    Piece piece;
    if (rest.empty()) return piece;
    if (rest[0] != '*') return std::nullopt;
    if (rest.back() == '*') {
        piece.encoded = true;
        rest.remove_suffix(1);
    }
    if (rest.size() <= 1) return piece;
    auto number = to_uint64(rest.substr(1), kMaxParams);
    if (!number) return std::nullopt;
    piece.number = static_cast<long>(*number);
    return piece;
}

// Cuts "charset'language'" off.
std::string take_charset(std::string& value)
{
    const size_t first = value.find('\'');
    const size_t second = first == std::string::npos ? first : value.find('\'', first + 1);
    if (second == std::string::npos) return {};
    std::string charset = value.substr(0, first);
    value.erase(0, second + 1);
    return charset;
}

}  // namespace

std::string decode_words(std::string_view value)
{
    const std::string text = unfold(value);
    std::string out;
    std::string plain;    // not yet written
    std::string charset;  // of the bytes held: words of one charset may cut a character in two
    std::string bytes;
    bool after_word = false;
    auto end_words = [&] {
        if (!bytes.empty()) out.append(to_utf8(charset, bytes));
        bytes.clear();
    };
    for (size_t i = 0; i < text.size();) {
        auto word = text[i] == '=' ? encoded_word(std::string_view(text).substr(i)) : std::nullopt;
        if (!word) {
            plain.push_back(text[i++]);
            continue;
        }
        const bool joins = after_word && trim(plain).empty();
        if (!joins || !equal_nocase(word->charset, charset)) end_words();
        if (!joins) out.append(to_utf8("us-ascii", plain));
        plain.clear();
        charset = word->charset;
        bytes.append(word->bytes);
        after_word = true;
        i += word->size;
    }
    end_words();
    out.append(to_utf8("us-ascii", plain));
    return out;
}

std::optional<std::string> decode_param(const std::vector<Param>& params, std::string_view name)
{
    std::string value;
    std::string charset;
    bool found = false;
    for (long next = 0; next <= static_cast<long>(kMaxParams); next++) {
        bool has_next = false;
        for (const auto& p : params) {
            const auto piece = piece_of(p.name, name);
            if (!piece || piece->number != next) continue;
            std::string part = p.value;
            if (piece->encoded && next == 0) charset = take_charset(part);
            value.append(piece->encoded ? unescape(part, '%', false) : part);
            found = has_next = true;
            break;
        }
        if (!has_next) break;
    }
    if (found) return to_utf8(charset, value);
    for (const auto& p : params) {
        const auto piece = piece_of(p.name, name);
        if (!piece || piece->number >= 0) continue;
        if (!piece->encoded) return decode_words(p.value);
        std::string part = p.value;
        charset = take_charset(part);
        return to_utf8(charset, unescape(part, '%', false));
    }
    return std::nullopt;
}

}  // namespace rookery::text
