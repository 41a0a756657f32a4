#include "lib/text/preview.h"

#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/html_text.h"
#include "lib/text/transfer_encoding.h"
#include "lib/text/utf8.h"

namespace rookery::text {
namespace {

constexpr size_t kMaxText = 16384;  // bytes of plain text that are looked through

// What mails hold to push something out of sight, or to guide the breaking of lines.
bool is_invisible(char32_t c)
{
    return c == 0xad || c == 0x34f || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x2064) || c == 0xfeff;
}

bool is_blank(char32_t c)
{
    return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

// The first characters, in one line.
std::string in_one_line(std::string_view text)
{
    std::string out;
    bool blank = false;
    size_t characters = 0;
    for (size_t pos = 0; pos < text.size();) {
        char32_t c = next_code_point(text, pos);
        if (c == kInvalid) c = kReplacement;
        if (is_invisible(c)) continue;
        if (is_blank(c)) {
            blank = characters > 0;
            continue;
        }
        if (characters + (blank ? 2 : 1) > kPreviewCharacters) break;
        if (blank) out.push_back(' ');
        characters += blank ? 2 : 1;
        blank = false;
        append_utf8(out, c);
    }
    return out;
}

// Lines that somebody else wrote begin with '>'; behind "-- " is the signature.
std::string without_quotes(std::string_view text)
{
    std::string out;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end);
        if (line == "-- \r\n" || line == "-- \n") break;
        if (!line.starts_with('>')) out.append(line);
    }
    return out;
}

std::string decoded(std::string_view bytes, const Part& part)
{
    const std::string_view body = part.body(bytes).substr(0, kMaxPreviewSource);
    TransferDecoder decoder(part.encoding);
    CharsetConverter converter(part.param("CHARSET").value_or("utf-8"));
    std::string raw;
    std::string utf8;
    decoder.feed(body, raw);
    // The end of a piece is not the end of the text.
    if (body.size() == part.body_size()) decoder.finish(raw);
    converter.feed(raw, utf8);
    if (body.size() == part.body_size()) converter.finish(utf8);
    return utf8;
}

std::string words_of(std::string_view bytes, const Part& part)
{
    const std::string text = decoded(bytes, part);
    if (part.subtype == "HTML") {
        const std::string own = in_one_line(html_text(text, Quotes::left_out, kMaxText));
        return own.empty() ? in_one_line(html_text(text, Quotes::kept, kMaxText)) : own;
    }
    const std::string_view plain = std::string_view(text).substr(0, kMaxText);
    const std::string own = in_one_line(without_quotes(plain));
    return own.empty() ? in_one_line(plain) : own;
}

bool is_readable(const Part& part)
{
    if (part.disposition && part.disposition->value == "ATTACHMENT") return false;
    return part.is_text() && (part.subtype == "PLAIN" || part.subtype == "HTML" ||
                              part.subtype == "ENRICHED" || part.subtype == "MARKDOWN");
}

// html: of this kind alone. In the order of the message.
std::string first_words(std::string_view bytes, const Part& part, bool html, size_t& tries)
{
    if (part.is_multipart()) {
        if (part.subtype == "ENCRYPTED") return {};
        for (const Part& child : part.children) {
            std::string words = first_words(bytes, child, html, tries);
            if (!words.empty()) return words;
        }
        return {};
    }
    if (!is_readable(part) || (part.subtype == "HTML") != html || tries == 0) return {};
    tries--;
    return words_of(bytes, part);
}

}  // namespace

std::string preview(std::string_view bytes, const Message& message)
{
    size_t tries = kMaxPreviewParts;
    std::string words = first_words(bytes, message.root, false, tries);
    if (!words.empty()) return words;
    return first_words(bytes, message.root, true, tries);
}

}  // namespace rookery::text
