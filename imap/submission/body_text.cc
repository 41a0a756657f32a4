#include "imap/submission/body_text.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/utf8.h"

namespace rookery::submission {
namespace {

constexpr size_t kPlainLine = 900;  // longer ones are encoded
constexpr size_t kQuotedLine = 72;

bool is_plain(std::string_view text)
{
    if (!text::is_ascii(text)) return false;
    for (const std::string_view line : split(text, '\n'))
        if (line.size() > kPlainLine) return false;
    return std::none_of(text.begin(), text.end(), [](char c) {
        return (c < 0x20 && c != '\r' && c != '\n' && c != '\t') || c == 0x7f;
    });
}

// RFC 2045 6.7, of lines with CRLF.
std::string quoted_printable(std::string_view text)
{
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    size_t column = 0;
    for (size_t i = 0; i < text.size(); i++) {
        const char c = text[i];
        if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
            out += "\r\n";
            column = 0;
            i++;
            continue;
        }
        const bool ends_line = i + 1 >= text.size() || text[i + 1] == '\r';
        const bool space = (c == ' ' || c == '\t') && !ends_line;
        // The first of a line: "From " and a lone dot are changed on some ways.
        const bool risky = column == 0 && (c == 'F' || c == '.');
        if (column >= kQuotedLine) {
            out += "=\r\n";
            column = 0;
        }
        if ((space || (c > 0x20 && c < 0x7f && c != '=')) && !risky) {
            out.push_back(c);
            column++;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            cat_to(out, '=', kHex[byte >> 4], kHex[byte & 15]);
            column += 3;
        }
    }
    return out;
}

}  // namespace

std::string with_crlf(std::string_view text)
{
    std::string out;
    for (size_t i = 0; i < text.size(); i++) {
        const char c = text[i];
        if (c == '\0') continue;
        if (c != '\r' && c != '\n') {
            out.push_back(c);
            continue;
        }
        if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') i++;
        out += "\r\n";
    }
    if (!out.empty() && !out.ends_with("\r\n")) out += "\r\n";
    return out;
}

std::string text_entity(std::string_view text)
{
    const std::string body = with_crlf(text::repair_utf8(text));
    if (is_plain(body))
        return cat("Content-Type: text/plain; charset=us-ascii\r\n"
                   "Content-Transfer-Encoding: 7bit\r\n\r\n",
                   body);
    return cat("Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
               quoted_printable(body));
}

}  // namespace rookery::submission
