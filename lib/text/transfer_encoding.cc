#include "lib/text/transfer_encoding.h"

#include "lib/base/strings.h"

namespace rookery::text {
namespace {

int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

}  // namespace

TransferDecoder::TransferDecoder(std::string_view encoding)
{
    if (equal_nocase(encoding, "BASE64")) kind_ = Kind::base64;
    if (equal_nocase(encoding, "QUOTED-PRINTABLE")) kind_ = Kind::quoted_printable;
}

void TransferDecoder::feed(std::string_view bytes, std::string& out)
{
    switch (kind_) {
        case Kind::none: out.append(bytes); return;
        case Kind::base64: feed_base64(bytes, out); return;
        case Kind::quoted_printable: feed_quoted(bytes, out); return;
    }
}

void TransferDecoder::finish(std::string& out)
{
    if (!held_.empty() && held_[0] == '=') out.append(held_);
    held_.clear();
}

void TransferDecoder::feed_base64(std::string_view bytes, std::string& out)
{
    for (char c : bytes) {
        if (c == '=') {
            bits_ = 0;
            count_ = 0;
            continue;
        }
        const int v = base64_value(c);
        if (v < 0) continue;
        bits_ = (bits_ << 6 | static_cast<uint32_t>(v)) & 0xffffff;
        count_ += 6;
        if (count_ >= 8) {
            count_ -= 8;
            out.push_back(static_cast<char>(bits_ >> count_ & 0xff));
        }
    }
}

// held_ is empty, or spaces, or '=' with at most what a soft line break or one hex digit needs.
void TransferDecoder::feed_quoted(std::string_view bytes, std::string& out)
{
    constexpr size_t kMaxHeld = 1000;
    for (char c : bytes) {
        if (!held_.empty() && held_[0] == '=') {
            if (c == '\n') {
                held_.clear();
                continue;
            }
            if (held_.size() == 2 && hex_value(held_[1]) >= 0 && hex_value(c) >= 0) {
                out.push_back(static_cast<char>(hex_value(held_[1]) * 16 + hex_value(c)));
                held_.clear();
                continue;
            }
            const bool may_go_on = (held_.size() == 1 && hex_value(c) >= 0) ||
                                   ((c == ' ' || c == '\t' || c == '\r') &&
                                    (held_.size() == 1 || hex_value(held_[1]) < 0));
            if (may_go_on && held_.size() < kMaxHeld) {
                held_.push_back(c);
                continue;
            }
            out.append(held_);
            held_.clear();
        }
        if (c == '=') {
            out.append(held_);
            held_ = "=";
        } else if ((c == ' ' || c == '\t') && held_.size() < kMaxHeld) {
            held_.push_back(c);
        } else {
            // Spaces at the end of a line were added on the way.
            if (c != '\r' && c != '\n') out.append(held_);
            held_.clear();
            out.push_back(c);
        }
    }
}

std::string decode_quoted_printable(std::string_view text)
{
    std::string out;
    TransferDecoder decoder("QUOTED-PRINTABLE");
    decoder.feed(text, out);
    decoder.finish(out);
    return out;
}

}  // namespace rookery::text
