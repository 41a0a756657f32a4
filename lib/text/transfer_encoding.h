// Content-Transfer-Encoding (RFC 2045 section 6), decoded piece by piece.
//
// Lenient: what is not of the encoding is left out (base64) or kept (quoted-printable). An unknown
// encoding is taken for none. Never fails; holds a few bytes between pieces.
#ifndef ROOKERY_LIB_TEXT_TRANSFER_ENCODING_H
#define ROOKERY_LIB_TEXT_TRANSFER_ENCODING_H

#include <cstdint>
#include <string>
#include <string_view>

namespace rookery::text {

class TransferDecoder {
 public:
    // encoding: upper case, as Part has it.
    explicit TransferDecoder(std::string_view encoding);
    void feed(std::string_view bytes, std::string& out);
    void finish(std::string& out);

 private:
    enum class Kind { none, base64, quoted_printable };
    void feed_base64(std::string_view bytes, std::string& out);
    void feed_quoted(std::string_view bytes, std::string& out);
    Kind kind_ = Kind::none;
    uint32_t bits_ = 0;
    unsigned count_ = 0;
    std::string held_;  // "=" and what follows, or spaces that may be at a line's end
};

std::string decode_quoted_printable(std::string_view text);

}  // namespace rookery::text

#endif
