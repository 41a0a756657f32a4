// HeaderText: the header of a message that this server writes itself.
//
// Whatever a value holds, it stays one field: CR, LF and NUL are taken out, lines are folded, and
// what is not ASCII, or too long a word for a line, becomes encoded words (RFC 2047). Values are
// cut off at kMaxValue bytes. Pure.
#ifndef ROOKERY_IMAP_SUBMISSION_HEADER_TEXT_H
#define ROOKERY_IMAP_SUBMISSION_HEADER_TEXT_H

#include <string>
#include <string_view>
#include <vector>

namespace rookery::submission {

inline constexpr size_t kMaxValue = 8192;

class HeaderText {
 public:
    // Text for people: a Subject. In UTF-8; what is not is taken for Latin-1.
    HeaderText& add_text(std::string_view name, std::string_view value);
    // One or more mailboxes, "name <local@domain>"; names are encoded, addresses stay as they are.
    // Left out if there is none, or none that fits on a line.
    HeaderText& add_addresses(std::string_view name, std::string_view value);
    // Of a grammar of its own, in ASCII: what is not becomes "?", and too long a word is cut.
    HeaderText& add(std::string_view name, std::string_view value);
    const std::string& text() const { return text_; }

 private:
    std::string text_;
};

// "local@domain" of each address that is complete, in order; groups and routes are left out.
std::vector<std::string> plain_addresses(std::string_view value);
// CR, LF and NUL out, at most max bytes, cut between characters.
std::string one_line(std::string_view text, size_t max = kMaxValue);

}  // namespace rookery::submission

#endif
