#include "imap/sieve/variable_text.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/utf8.h"

namespace rookery::sieve {
namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_name_char(char c)
{
    return is_digit(c) || c == '_' || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

bool is_identifier(std::string_view s)
{
    return !s.empty() && !is_digit(s[0]) && std::all_of(s.begin(), s.end(), is_name_char);
}

bool is_number(std::string_view s)
{
    return !s.empty() && std::all_of(s.begin(), s.end(), is_digit);
}

// variable-name = num-variable / *namespace identifier; identifier may be followed by more parts.
bool is_reference(std::string_view s)
{
    if (is_number(s)) return true;
    const auto parts = split(s, '.');
    if (!is_identifier(parts[0])) return false;
    return std::all_of(parts.begin() + 1, parts.end(), [](std::string_view part) {
        return is_identifier(part) || is_number(part);
    });
}

// Calls f(literal, reference) for each run of text and the reference behind it (empty at the end).
template <class F>
void each_reference(std::string_view text, F f)
{
    size_t from = 0;
    for (size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at)) {
        size_t end = at + 2;
        while (end < text.size() && (is_name_char(text[end]) || text[end] == '.')) ++end;
        const std::string_view name = text.substr(at + 2, end - at - 2);
        if (end >= text.size() || text[end] != '}' || !is_reference(name)) {
            at += 2;
            continue;
        }
        f(text.substr(from, at - from), name);
        from = at = end + 1;
    }
    f(text.substr(from), std::string_view());
}

Result<uint32_t> hex_number(std::string_view digits, uint32_t max)
{
    uint32_t n = 0;
    for (char c : digits) {
        const char lower = to_lower(c);
        const int v = is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
        if (v < 0) return Error{Code::syntax, "not a hexadecimal number"};
        n = n * 16 + static_cast<uint32_t>(v);
        if (n > max) return Error{Code::limit, "the number is too large"};
    }
    return n;
}

// The inside of "${hex:...}" or "${unicode:...}". No value: it is neither, and stands for itself.
Result<std::string> characters(std::string_view inside)
{
    const bool is_hex = starts_with_nocase(inside, "hex:");
    if (!is_hex && !starts_with_nocase(inside, "unicode:"))
        return Error{Code::not_found, "no encoded character"};
    std::string list(inside.substr(inside.find(':') + 1));
    std::replace_if(
        list.begin(), list.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    const auto words = split_words(list);
    if (words.empty()) return Error{Code::not_found, "no encoded character"};
    std::string out;
    for (const auto word : words) {
        if (is_hex && word.size() > 2) return Error{Code::not_found, "no encoded character"};
        auto n = hex_number(word, is_hex ? 0xff : 0x10ffff);
        if (n.is(Code::syntax)) return Error{Code::not_found, "no encoded character"};
        if (!n || (!is_hex && *n >= 0xd800 && *n <= 0xdfff))
            return Error{Code::syntax, cat("\"", word, "\" is no character of Unicode")};
        if (is_hex)
            out.push_back(static_cast<char>(*n));
        else
            text::append_utf8(out, *n);
    }
    return out;
}

}  // namespace

std::string_view cut(std::string_view text, size_t max)
{
    if (text.size() <= max) return text;
    while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xc0) == 0x80) --max;
    return text.substr(0, max);
}

Result<VariableName> parse_variable_name(std::string_view text)
{
    VariableName out;
    if (is_number(text)) {
        out.kind = VariableName::Kind::match;
        auto n = to_uint64(text, kMaxMatchVariable);
        if (!n)
            return Error{Code::syntax,
                         cat("the match variable \"", text, "\" is over ", kMaxMatchVariable)};
        out.number = *n;
        return out;
    }
    out.name = to_lower(text);
    if (out.name.starts_with("global.")) {
        out.kind = VariableName::Kind::global;
        out.name.erase(0, out.name.find('.') + 1);
    }
    if (!is_identifier(out.name))
        return Error{Code::syntax, cat("\"", text, "\" is not the name of a variable")};
    return out;
}

std::string expand_variables(std::string_view text, size_t max,
                             const std::function<std::string_view(const VariableName&)>& value)
{
    std::string out;
    each_reference(text, [&](std::string_view literal, std::string_view reference) {
        if (out.size() <= max) out.append(literal);
        if (reference.empty() || out.size() > max) return;
        if (auto name = parse_variable_name(reference); name.ok()) out.append(value(*name));
    });
    return std::string(cut(out, max));
}

Status check_variables(std::string_view text, bool has_global)
{
    Status status = success();
    each_reference(text, [&](std::string_view, std::string_view reference) {
        if (reference.empty() || !status) return;
        auto name = parse_variable_name(reference);
        if (!name)
            status = std::move(name).error();
        else if (name->kind == VariableName::Kind::global && !has_global)
            status = Error{Code::syntax, "the namespace of \"global.\" needs require \"include\""};
    });
    return status;
}

Result<std::string> decode_characters(std::string_view text)
{
    std::string out;
    size_t from = 0;
    for (size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at)) {
        const size_t end = text.find('}', at);
        if (end == std::string_view::npos) break;
        auto decoded = characters(text.substr(at + 2, end - at - 2));
        if (decoded.is(Code::not_found)) {
            at += 2;
            continue;
        }
        if (!decoded) return std::move(decoded).error();
        out.append(text.substr(from, at - from));
        out.append(*decoded);
        from = at = end + 1;
    }
    out.append(text.substr(from));
    return out;
}

}  // namespace rookery::sieve
