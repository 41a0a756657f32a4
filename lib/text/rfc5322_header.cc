#include "lib/text/rfc5322_header.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/header_cursor.h"

namespace rookery::text {
namespace {

// The next line with its end.
std::string_view first_line(std::string_view s)
{
    const size_t end = s.find('\n');
    return end == std::string_view::npos ? s : s.substr(0, end + 1);
}

bool is_empty_line(std::string_view line)
{
    return line == "\r\n" || line == "\n" || line == "\r" || line.empty();
}

bool is_folded(std::string_view rest)
{
    return !rest.empty() && (rest[0] == ' ' || rest[0] == '\t');
}

std::string_view field_name(std::string_view raw)
{
    const size_t colon = raw.find(':');
    if (colon == std::string_view::npos || colon > first_line(raw).size()) return {};
    const std::string_view name = trim(raw.substr(0, colon));
    for (char c : name)
        if (static_cast<unsigned char>(c) <= 0x20) return {};
    return name;
}

}  // namespace

std::optional<HeaderField> HeaderCursor::next()
{
    if (is_empty_line(first_line(rest_))) return std::nullopt;
    size_t size = first_line(rest_).size();
    while (is_folded(rest_.substr(size))) {
        const std::string_view line = first_line(rest_.substr(size));
        size += line.size();
    }
    HeaderField field;
    field.raw = rest_.substr(0, size);
    rest_.remove_prefix(size);
    field.name = field_name(field.raw);
    if (!field.name.empty())
        field.value = field.raw.substr(field.raw.find(':') + 1).substr(0, kMaxFieldValue);
    return field;
}

size_t header_size(std::string_view bytes)
{
    for (size_t pos = 0; pos < bytes.size();) {
        const std::string_view line = first_line(bytes.substr(pos));
        pos += line.size();
        if (is_empty_line(line)) return pos;
    }
    return bytes.size();
}

std::optional<std::string_view> find_field(std::string_view header, std::string_view name)
{
    HeaderCursor cursor(header);
    while (auto field = cursor.next())
        if (equal_nocase(field->name, name)) return field->value;
    return std::nullopt;
}

std::string unfold(std::string_view value)
{
    std::string out;
    out.reserve(value.size());
    for (char c : value)
        if (c != '\r' && c != '\n' && c != '\0') out.push_back(c);
    return std::string(trim(out));
}

std::string pick_fields(std::string_view header, const std::vector<std::string>& names,
                        bool exclude)
{
    std::string out;
    HeaderCursor cursor(header);
    while (auto field = cursor.next()) {
        const bool named = std::any_of(names.begin(), names.end(), [&](const std::string& n) {
            return equal_nocase(n, field->name);
        });
        if (named != exclude) out.append(field->raw);
    }
    if (!out.empty() && out.back() != '\n') out.append("\r\n");
    out.append("\r\n");
    return out;
}

std::string parse_token(std::string_view value)
{
    ValueCursor in(value);
    in.skip_cfws();
    if (!in.at_end() && in.peek() == '"') return to_upper(trim(in.quoted()));
    return to_upper(in.until(";,"));
}

std::vector<std::string> parse_token_list(std::string_view value)
{
    std::vector<std::string> out;
    ValueCursor in(value);
    while (!in.at_end() && out.size() < kMaxParams) {
        in.skip_cfws();
        const std::string_view token = in.until(",;");
        if (!token.empty()) out.emplace_back(token);
        in.skip_to(",");
        if (!in.at_end()) in.advance();
    }
    return out;
}

}  // namespace rookery::text
