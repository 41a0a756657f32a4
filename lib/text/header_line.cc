#include "lib/text/header_line.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/base64.h"

namespace rookery::text {
namespace {

// Of UTF-8 in one encoded word, which may have 75 characters.
constexpr size_t kEncodedPiece = 45;

bool is_8bit(char c)
{
    return static_cast<unsigned char>(c) >= 0x80;
}

std::string without_controls(std::string_view value)
{
    std::string out(value);
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return std::string(trim(out));
}

// How many bytes, at most max, end between two characters.
size_t whole_characters(std::string_view text, size_t max)
{
    if (text.size() <= max) return text.size();
    size_t size = max;
    while (size > max - 4 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    return size;
}

std::string encoded_words(std::string_view value)
{
    std::string out;
    while (!value.empty()) {
        const size_t size = whole_characters(value, kEncodedPiece);
        cat_to(out, out.empty() ? "" : " ", "=?UTF-8?B?", base64_encode(value.substr(0, size)),
               "?=");
        value.remove_prefix(size);
    }
    return out;
}

}  // namespace

std::string header_line(std::string_view name, std::string_view value)
{
    std::string text = without_controls(value);
    if (std::any_of(text.begin(), text.end(), is_8bit)) text = encoded_words(text);
    std::string out = cat(name, ":");
    size_t column = out.size();
    for (std::string_view rest = text; !rest.empty();) {
        // A word with the spaces in front of it.
        const size_t word = rest.find_first_not_of(' ');
        size_t size = std::min(rest.find(' ', word), rest.size());
        size = std::min(size, kMaxHeaderLine - 2);
        const bool is_first = rest.size() == text.size();
        const size_t space = is_first || word == 0 ? 1 : 0;
        if (!is_first && column + size + space > kFold) {
            out.append("\r\n");
            column = 0;
        }
        if (space != 0) out.push_back(' ');
        out.append(rest.substr(0, size));
        column += size + space;
        rest.remove_prefix(size);
    }
    return out.append("\r\n");
}

}  // namespace rookery::text
