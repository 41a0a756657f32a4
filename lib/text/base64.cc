#include "lib/text/base64.h"

#include <array>
#include <cstdint>

namespace rookery::text {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<signed char, 256> make_values()
{
    std::array<signed char, 256> values{};
    for (auto& v : values) v = -1;
    for (size_t i = 0; i < kAlphabet.size(); i++)
        values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<signed char>(i);
    return values;
}
constexpr std::array<signed char, 256> kValues = make_values();

int value_of(char c)
{
    return kValues[static_cast<unsigned char>(c)];
}

char byte_at(uint32_t bits, unsigned shift)
{
    return static_cast<char>((bits >> shift) & 0xff);
}

}  // namespace

std::string base64_encode(std::string_view bytes)
{
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t i = 0; i < bytes.size(); i += 3) {
        const size_t n = bytes.size() - i < 3 ? bytes.size() - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        out.push_back(kAlphabet[bits >> 18 & 63]);
        out.push_back(kAlphabet[bits >> 12 & 63]);
        out.push_back(n > 1 ? kAlphabet[bits >> 6 & 63] : '=');
        out.push_back(n > 2 ? kAlphabet[bits & 63] : '=');
    }
    return out;
}

Result<std::string> base64_decode(std::string_view text, size_t max)
{
    const Error bad{Code::syntax, "not base64"};
    if (text.size() % 4 != 0) return bad;
    size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        padding++;
    const size_t size = text.size() / 4 * 3 - padding;
    if (size > max) return Error{Code::limit, "base64 text too long"};
    std::string out;
    out.reserve(size);
    for (size_t i = 0; i < text.size(); i += 4) {
        const size_t pad = i + 4 == text.size() ? padding : 0;
        uint32_t bits = 0;
        for (size_t k = 0; k < 4; k++) {
            const int v = k < 4 - pad ? value_of(text[i + k]) : 0;
            if (v < 0) return bad;
            bits = bits << 6 | static_cast<uint32_t>(v);
        }
        if ((pad == 1 && (bits & 0xff) != 0) || (pad == 2 && (bits & 0xffff) != 0)) return bad;
        out.push_back(byte_at(bits, 16));
        if (pad < 2) out.push_back(byte_at(bits, 8));
        if (pad < 1) out.push_back(byte_at(bits, 0));
    }
    return out;
}

std::string base64_decode_lenient(std::string_view text, size_t max)
{
    std::string out;
    uint32_t bits = 0;
    unsigned held = 0;
    for (char c : text) {
        if (out.size() >= max) break;
        if (c == '=') {
            // Concatenated base64 goes on after its padding; the bits left are fill.
            bits = 0;
            held = 0;
            continue;
        }
        const int v = value_of(c);
        if (v < 0) continue;
        bits = (bits << 6 | static_cast<uint32_t>(v)) & 0xffffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out.push_back(byte_at(bits, held));
        }
    }
    return out;
}

}  // namespace rookery::text
