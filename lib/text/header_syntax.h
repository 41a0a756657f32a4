// HeaderSyntax: may these bytes be the header of a message? Told while it comes, in any pieces.
//
// Text that is no header would be shown as header lines, with an empty body, so it is refused, by
// the same rules as Cyrus: each field is a name, a colon and a value, which may be folded (RFC 5322
// 2.2, 3.6.8). The header ends at an empty line, or with the message. Reads no further than that,
// keeps no bytes. Lines end in CRLF or LF. Cannot fail.
#ifndef ROOKERY_LIB_TEXT_HEADER_SYNTAX_H
#define ROOKERY_LIB_TEXT_HEADER_SYNTAX_H

#include <string_view>

namespace rookery::text {

class HeaderSyntax {
 public:
    enum class Rules {
        delivered,  // space before the colon is taken (RFC 5322 4.5)
        // By APPEND: no space there; but 8-bit names, lines of mbox ("From ...") and a first line
        // that begins with space.
        appended,
    };
    explicit HeaderSyntax(Rules rules) : rules_(rules) {}

    void feed(std::string_view bytes);
    // What came so far can be the beginning of a message.
    bool is_good() const { return state_ != State::bad; }
    // It can be all of one.
    bool is_whole() const
    {
        return state_ == State::line || state_ == State::value || state_ == State::done;
    }

 private:
    enum class State { line, name, space, value, done, bad };
    State step(char c) const;
    State begin_line(char c) const;
    State end_name(char c) const;

    Rules rules_;
    State state_ = State::line;
    bool has_fields_ = false;
    unsigned from_ = 0;  // how many bytes of "From" the name has been up to here
};

}  // namespace rookery::text

#endif
