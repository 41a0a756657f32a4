// Character sets: text of any charset to UTF-8, and the decoding of header words.
//
// UTF-8, US-ASCII and ISO-8859-1 are done here; everything else by iconv(3) where configure found
// it, with names that it may lack (charset_names.h). Converting never fails: what is not valid in
// its charset becomes U+FFFD. An unknown charset is told apart only by is_known_charset(); its text
// is taken for UTF-8 or, failing that, Latin-1.
// One thread per converter. RFC 2047, 2231.
#ifndef ROOKERY_LIB_TEXT_CHARSET_H
#define ROOKERY_LIB_TEXT_CHARSET_H

#include <memory>
#include <string>
#include <string_view>

#include "lib/text/rfc5322_header.h"

namespace rookery::text {

bool is_known_charset(std::string_view name);

// Converts a stream of bytes piece by piece; a character may lie across pieces.
class CharsetConverter {
 public:
    explicit CharsetConverter(std::string_view charset);
    ~CharsetConverter();
    CharsetConverter(const CharsetConverter&) = delete;
    CharsetConverter& operator=(const CharsetConverter&) = delete;
    // Appends whole characters to out.
    void feed(std::string_view bytes, std::string& out);
    // The end of an encoded-word, of which more of one charset may follow: it is whole by RFC 2047,
    // and yet a character may have been cut in two.
    void end_word(std::string& out);
    void finish(std::string& out);

 private:
    struct Iconv;
    enum class Kind { ascii, utf8, latin1, iconv };
    void feed_utf8(std::string_view bytes, std::string& out, bool last);
    void feed_iconv(std::string_view bytes, std::string& out, bool last);
    Kind kind_;
    std::unique_ptr<Iconv> iconv_;
    std::string held_;  // the beginning of a character
};

std::string to_utf8(std::string_view charset, std::string_view bytes);

// A header value, folded or not: encoded-words decoded (also where they should not be: in quoted
// strings), spaces between them out, the rest taken as UTF-8 or Latin-1.
std::string decode_words(std::string_view value);
// A parameter with its RFC 2231 continuations and charset, or plain, or with encoded-words. None if
// there is no such parameter. name: upper case.
std::optional<std::string> decode_param(const std::vector<Param>& params, std::string_view name);

}  // namespace rookery::text

#endif
