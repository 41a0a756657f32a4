// ValueCursor: the tokens of a structured header value. Used by the parsers of lib/text only.
//
// Borrows the text, which must outlive it. Nothing fails: what does not fit ends a token.
#ifndef ROOKERY_LIB_TEXT_HEADER_CURSOR_H
#define ROOKERY_LIB_TEXT_HEADER_CURSOR_H

#include <string>
#include <string_view>

namespace rookery::text {

class ValueCursor {
 public:
    explicit ValueCursor(std::string_view text) : s_(text) {}

    bool at_end() const { return pos_ >= s_.size(); }
    char peek() const { return s_[pos_]; }
    void advance() { pos_++; }
    size_t position() const { return pos_; }
    std::string_view rest() const { return s_.substr(pos_); }
    std::string_view since(size_t begin) const { return s_.substr(begin, pos_ - begin); }

    // Spaces, line ends and comments. The text of the last comment goes to *comment. True if there
    // was any.
    bool skip_cfws(std::string* comment = nullptr);
    // At '"': its content without the quoting; an unclosed one goes to the end.
    std::string quoted();
    // Up to a space, comment, or one of stops.
    std::string_view until(std::string_view stops);
    // Up to one of stops, quoted strings and comments passed over.
    std::string_view skip_to(std::string_view stops);

 private:
    std::string comment();
    std::string_view s_;
    size_t pos_ = 0;
};

inline bool is_lwsp(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace rookery::text

#endif
