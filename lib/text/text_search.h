// Searching text: a substring, regardless of case, in UTF-8 that comes piece by piece.
//
// Case is folded one character to one character for the scripts that have case (a simple form of
// i;unicode-casemap). Spaces and line ends count as they are, except that a line end within a
// folded header has been taken out by unfold(). Never fails. One thread per matcher.
#ifndef ROOKERY_LIB_TEXT_TEXT_SEARCH_H
#define ROOKERY_LIB_TEXT_TEXT_SEARCH_H

#include <string>
#include <string_view>

#include "lib/text/message.h"

namespace rookery::text {

char32_t fold_case(char32_t c);
std::string fold_case(std::string_view utf8);

// Looks for one needle in text that is fed in pieces of whole characters.
class TextMatcher {
 public:
    explicit TextMatcher(std::string_view needle) : needle_(fold_case(needle)) {}
    // True once the needle was seen since start().
    bool feed(std::string_view utf8);
    bool found() const { return found_; }
    void start();
    // Matches anything?
    bool is_empty() const { return needle_.empty(); }

 private:
    std::string needle_;
    std::string window_;
    bool found_ = false;
};

bool contains_folded(std::string_view utf8, std::string_view needle);

// SEARCH BODY: is needle in the decoded text of a text part, or in the header of an enclosed
// message? Memory does not grow with the message.
bool body_contains(std::string_view bytes, const Message& message, std::string_view needle);
// Is it in a header: each value unfolded and decoded, and with its name.
bool header_contains(std::string_view header, std::string_view needle);

}  // namespace rookery::text

#endif
