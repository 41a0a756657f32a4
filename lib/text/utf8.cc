#include "lib/text/utf8.h"

namespace rookery::text {

char32_t next_code_point(std::string_view s, size_t& pos)
{
    const auto lead = static_cast<unsigned char>(s[pos++]);
    if (lead < 0x80) return lead;
    size_t more = 0;
    char32_t c = 0;
    char32_t least = 0;
    if (lead >= 0xc2 && lead <= 0xdf) {
        more = 1;
        c = lead & 0x1fu;
        least = 0x80;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        more = 2;
        c = lead & 0x0fu;
        least = 0x800;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        more = 3;
        c = lead & 0x07u;
        least = 0x10000;
    } else {
        return kInvalid;
    }
    if (s.size() - pos < more) return kInvalid;
    for (size_t i = 0; i < more; i++) {
        const auto b = static_cast<unsigned char>(s[pos + i]);
        if ((b & 0xc0u) != 0x80) return kInvalid;
        c = c << 6 | (b & 0x3fu);
    }
    if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return kInvalid;
    pos += more;
    return c;
}

void append_utf8(std::string& out, char32_t c)
{
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) c = kReplacement;
    auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xc0 | c >> 6);
        put(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        put(0xe0 | c >> 12);
        put(0x80 | (c >> 6 & 0x3f));
        put(0x80 | (c & 0x3f));
    } else {
        put(0xf0 | c >> 18);
        put(0x80 | (c >> 12 & 0x3f));
        put(0x80 | (c >> 6 & 0x3f));
        put(0x80 | (c & 0x3f));
    }
}

bool is_utf8(std::string_view s)
{
    for (size_t pos = 0; pos < s.size();)
        if (next_code_point(s, pos) == kInvalid) return false;
    return true;
}

bool is_ascii(std::string_view s)
{
    for (char c : s)
        if (static_cast<unsigned char>(c) >= 0x80) return false;
    return true;
}

std::string repair_utf8(std::string_view s)
{
    std::string out;
    out.reserve(s.size());
    for (size_t pos = 0; pos < s.size();) {
        const char32_t c = next_code_point(s, pos);
        append_utf8(out, c == kInvalid ? kReplacement : c);
    }
    return out;
}

}  // namespace rookery::text
