// Parameters of a structured value (RFC 2045 5.1), with the pieces of RFC 2231 3 put together.
#include <map>

#include "lib/base/strings.h"
#include "lib/text/header_cursor.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::text {
namespace {

// "NAME*0*": the base, the number, and whether the value is percent-encoded.
struct PieceName {
    std::string_view base;
    uint64_t number = 0;
    bool encoded = false;
};

// None: the parameter is a whole one.
std::optional<PieceName> piece_name(std::string_view name)
{
    const size_t star = name.find('*');
    if (star == std::string_view::npos || star == 0) return std::nullopt;
    PieceName piece{name.substr(0, star), 0, false};
    std::string_view rest = name.substr(star + 1);
    if (rest.ends_with('*')) {
        piece.encoded = true;
        rest.remove_suffix(1);
    }
    const auto number = to_uint64(rest, kMaxParams);
    if (!number || (rest.size() > 1 && rest[0] == '0')) return std::nullopt;
    piece.number = *number;
    return piece;
}

bool is_attribute_char(char c)
{
    return c > 0x20 && c < 0x7f &&
           std::string_view("*'%()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

std::string percent_encode(std::string_view s)
{
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (char c : s) {
        if (is_attribute_char(c)) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(kDigits[byte >> 4]);
        out.push_back(kDigits[byte & 15]);
    }
    return out;
}

struct Piece {
    size_t index;  // in the list of parameters
    bool encoded;
};
// Of one parameter, by number.
using Pieces = std::map<uint64_t, Piece>;

// A value of which any piece is encoded is written as encoded throughout, as "NAME*".
Param join(std::string_view base, const Pieces& pieces, const std::vector<Param>& params)
{
    Param out;
    out.name = base;
    bool encoded = false;
    uint64_t count = 0;
    for (const auto& [number, piece] : pieces) {
        if (number != count) break;
        encoded = encoded || piece.encoded;
        count++;
    }
    if (encoded) out.name.push_back('*');
    for (const auto& [number, piece] : pieces) {
        if (number >= count) break;
        const std::string& value = params[piece.index].value;
        // Charset and language were to be in the first piece.
        if (encoded && number == 0 && !piece.encoded) out.value = "''";
        out.value.append(encoded && !piece.encoded ? percent_encode(value) : value);
    }
    return out;
}

// The pieces of each parameter become one, in the place of the first. A piece that does not belong
// to a row from 0 on, or comes twice, stays as it is.
std::vector<Param> join_pieces(std::vector<Param> params)
{
    std::map<std::string, Pieces, std::less<>> rows;
    for (size_t i = 0; i < params.size(); i++)
        if (const auto piece = piece_name(params[i].name))
            rows[std::string(piece->base)].emplace(piece->number, Piece{i, piece->encoded});
    if (rows.empty()) return params;
    std::vector<bool> joined(params.size(), false);
    std::map<size_t, Param> whole;
    for (const auto& [base, pieces] : rows) {
        if (pieces.begin()->first != 0) continue;
        whole.emplace(pieces.begin()->second.index, join(base, pieces, params));
        uint64_t next = 0;
        for (const auto& [number, piece] : pieces)
            if (number == next++) joined[piece.index] = true;
    }
    std::vector<Param> out;
    for (size_t i = 0; i < params.size(); i++) {
        if (auto at = whole.find(i); at != whole.end())
            out.push_back(std::move(at->second));
        else if (!joined[i])
            out.push_back(std::move(params[i]));
    }
    return out;
}

std::vector<Param> parse_params(ValueCursor& in)
{
    std::vector<Param> params;
    while (!in.at_end() && params.size() < kMaxParams) {
        in.skip_to(";");
        if (in.at_end()) break;
        in.advance();
        in.skip_cfws();
        Param p;
        p.name = to_upper(in.until("=;\""));
        in.skip_cfws();
        if (p.name.empty() || in.at_end() || in.peek() != '=') continue;
        in.advance();
        in.skip_cfws();
        if (!in.at_end() && in.peek() == '"') {
            p.value = in.quoted();
        } else {
            const size_t begin = in.position();
            p.value = in.until(";");
            in.skip_cfws();
            // A value with spaces that nobody quoted: all of it.
            if (!in.at_end() && in.peek() != ';') {
                in.skip_to(";");
                p.value = unfold(in.since(begin));
            }
        }
        params.push_back(std::move(p));
    }
    return join_pieces(std::move(params));
}

int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = to_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string unescape_hex(std::string_view s, char escape)
{
    std::string out;
    for (size_t i = 0; i < s.size(); i++) {
        if (s[i] == escape && i + 2 < s.size() && hex_value(s[i + 1]) >= 0 &&
            hex_value(s[i + 2]) >= 0) {
            out.push_back(static_cast<char>(hex_value(s[i + 1]) * 16 + hex_value(s[i + 2])));
            i += 2;
        } else {
            out.push_back(s[i]);
        }
    }
    return out;
}

std::optional<ParamText> find_param(const std::vector<Param>& params, std::string_view name)
{
    const Param* plain = nullptr;
    for (const auto& p : params) {
        if (plain == nullptr && p.name == name) plain = &p;
        if (p.name.size() != name.size() + 1 || !p.name.ends_with('*') || !p.name.starts_with(name))
            continue;
        // charset'language'text
        const std::string_view value = p.value;
        const size_t first = value.find('\'');
        const size_t second = first == value.npos ? first : value.find('\'', first + 1);
        if (second == value.npos) return ParamText{unescape_hex(value, '%'), "", true};
        return ParamText{unescape_hex(value.substr(second + 1), '%'),
                         std::string(value.substr(0, first)), true};
    }
    if (plain == nullptr) return std::nullopt;
    return ParamText{plain->value, "", false};
}

std::optional<ParamValue> parse_param_value(std::string_view value)
{
    ValueCursor in(value);
    in.skip_cfws();
    ParamValue out;
    out.value = !in.at_end() && in.peek() == '"' ? to_upper(in.quoted()) : to_upper(in.until(";"));
    if (out.value.empty()) return std::nullopt;
    out.params = parse_params(in);
    return out;
}

std::optional<ContentType> parse_content_type(std::string_view value)
{
    ValueCursor in(value);
    in.skip_cfws();
    ContentType out;
    out.type = to_upper(in.until("/;\"="));
    in.skip_cfws();
    if (out.type.empty() || in.at_end() || in.peek() != '/') return std::nullopt;
    in.advance();
    in.skip_cfws();
    out.subtype = to_upper(in.until("/;\"="));
    if (out.subtype.empty()) return std::nullopt;
    out.params = parse_params(in);
    return out;
}

}  // namespace rookery::text
