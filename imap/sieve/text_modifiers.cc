#include "imap/sieve/text_modifiers.h"

#include "lib/base/strings.h"

namespace rookery::sieve {
namespace {

std::string quote_wildcards(std::string_view text)
{
    std::string out;
    for (char c : text) {
        if (c == '*' || c == '?' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

std::string quote_regex(std::string_view text)
{
    std::string out;
    for (char c : text) {
        if (std::string_view("\\^$.[]|()?*+{}").find(c) != std::string_view::npos)
            out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

bool is_unreserved(char c)
{
    const char lower = to_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~").find(c) != std::string_view::npos;
}

std::string encode_url(std::string_view text)
{
    std::string out;
    for (char c : text) {
        if (is_unreserved(c))
            out.push_back(c);
        else
            cat_to(out, '%', to_upper(hex(std::string_view(&c, 1))));
    }
    return out;
}

size_t characters(std::string_view text)
{
    size_t n = 0;
    for (char c : text)
        if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++n;
    return n;
}

}  // namespace

std::string modified(const Node& node, std::string text)
{
    if (node.has("lower")) text = to_lower(text);
    if (node.has("upper")) text = to_upper(text);
    if (node.has("lowerfirst") && !text.empty()) text[0] = to_lower(text[0]);
    if (node.has("upperfirst") && !text.empty()) text[0] = to_upper(text[0]);
    if (node.has("quotewildcard")) text = quote_wildcards(text);
    if (node.has("quoteregex")) text = quote_regex(text);
    if (node.has("encodeurl")) text = encode_url(text);
    if (node.has("length")) text = cat(characters(text));
    return text;
}

}  // namespace rookery::sieve
