#include "lib/text/mutf7.h"

#include <cstdint>

#include "lib/text/utf8.h"

namespace rookery::text {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

bool is_plain(char32_t c)
{
    return c >= 0x20 && c <= 0x7e;
}

Error bad(std::string_view why)
{
    return Error{Code::syntax, std::string("modified UTF-7: ").append(why)};
}

// UTF-16 units one by one into code points.
class Units {
 public:
    explicit Units(std::string& out) : out_(out) {}
    Status add(uint32_t unit)
    {
        if (unit >= 0xdc00 && unit <= 0xdfff) {
            if (high_ == 0) return bad("low surrogate alone");
            append_utf8(out_, 0x10000 + ((high_ - 0xd800) << 10) + (unit - 0xdc00));
            high_ = 0;
            return success();
        }
        if (high_ != 0) return bad("high surrogate alone");
        if (unit >= 0xd800 && unit <= 0xdbff) {
            high_ = unit;
            return success();
        }
        if (is_plain(unit)) return bad("encoded printable ASCII");
        append_utf8(out_, unit);
        return success();
    }
    bool complete() const { return high_ == 0; }

 private:
    std::string& out_;
    uint32_t high_ = 0;
};

// What stands between '&' and '-', not empty.
Status decode_shifted(std::string_view encoded, std::string& out)
{
    Units units(out);
    uint32_t bits = 0;
    unsigned held = 0;
    for (char c : encoded) {
        const size_t v = kAlphabet.find(c);
        if (v == std::string_view::npos) return bad("not in the alphabet");
        bits = (bits << 6 | static_cast<uint32_t>(v)) & 0xffffff;
        held += 6;
        if (held >= 16) {
            held -= 16;
            TRY(units.add(bits >> held & 0xffff));
        }
    }
    if (held >= 6 || (bits & ((1u << held) - 1)) != 0) return bad("leftover bits");
    if (!units.complete()) return bad("high surrogate alone");
    return success();
}

class Shift {
 public:
    explicit Shift(std::string& out) : out_(out) {}
    void unit(uint32_t u)
    {
        bits_ = bits_ << 16 | u;
        held_ += 16;
        while (held_ >= 6) {
            held_ -= 6;
            out_.push_back(kAlphabet[bits_ >> held_ & 63]);
        }
    }
    void end()
    {
        if (held_ > 0) out_.push_back(kAlphabet[bits_ << (6 - held_) & 63]);
        held_ = 0;
        bits_ = 0;
    }

 private:
    std::string& out_;
    uint64_t bits_ = 0;
    unsigned held_ = 0;
};

}  // namespace

Result<std::string> mutf7_to_utf8(std::string_view name)
{
    std::string out;
    size_t shifted_back = std::string_view::npos;  // where the last shift ended
    for (size_t i = 0; i < name.size(); i++) {
        const char c = name[i];
        if (!is_plain(static_cast<unsigned char>(c))) return bad("8-bit or control");
        if (c != '&') {
            out.push_back(c);
            continue;
        }
        const size_t end = name.find('-', i + 1);
        if (end == std::string_view::npos) return bad("no '-' after '&'");
        if (end == i + 1) {
            out.push_back('&');
        } else {
            if (shifted_back == i) return bad("two shifts that should be one");
            TRY(decode_shifted(name.substr(i + 1, end - i - 1), out));
            shifted_back = end + 1;
        }
        i = end;
    }
    return out;
}

Status check_mutf7(std::string_view name)
{
    TRY(mutf7_to_utf8(name));
    return success();
}

Result<std::string> utf8_to_mutf7(std::string_view name)
{
    std::string out;
    Shift shift(out);
    bool shifted = false;
    for (size_t pos = 0; pos < name.size();) {
        const char32_t c = next_code_point(name, pos);
        if (c == kInvalid) return Error{Code::syntax, "not UTF-8"};
        if (is_plain(c)) {
            if (shifted) {
                shift.end();
                out.push_back('-');
                shifted = false;
            }
            out.push_back(static_cast<char>(c));
            if (c == '&') out.push_back('-');
            continue;
        }
        if (!shifted) out.push_back('&');
        shifted = true;
        if (c >= 0x10000) {
            shift.unit(0xd800 + ((c - 0x10000) >> 10));
            shift.unit(0xdc00 + ((c - 0x10000) & 0x3ff));
        } else {
            shift.unit(c);
        }
    }
    if (shifted) {
        shift.end();
        out.push_back('-');
    }
    return out;
}

}  // namespace rookery::text
