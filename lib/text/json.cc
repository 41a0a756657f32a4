#include "lib/text/json.h"

#include "lib/base/strings.h"

namespace rookery::text {

void put_json_string(std::string& out, std::string_view text)
{
    constexpr std::string_view kHex = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            cat_to(out, '\\', c);
        else if (byte < 0x20)
            cat_to(out, "\\u00", kHex[byte >> 4], kHex[byte & 15]);
        else
            out += c;
    }
    out += '"';
}

std::string json_string(std::string_view text)
{
    std::string out;
    put_json_string(out, text);
    return out;
}

}  // namespace rookery::text
