// Searching text: a substring, in UTF-8 that comes piece by piece, in the form of search_form.h.
//
// Never fails. One thread per matcher.
#ifndef ROOKERY_LIB_TEXT_TEXT_SEARCH_H
#define ROOKERY_LIB_TEXT_TEXT_SEARCH_H

#include <string>
#include <string_view>

#include "lib/text/message.h"
#include "lib/text/search_form.h"

namespace rookery::text {

// Looks for one needle in text that is fed in pieces of whole characters.
class TextMatcher {
 public:
    explicit TextMatcher(std::string_view needle, const SearchForm& form = {})
        : former_(form), needle_(search_form(needle, form))
    {
    }
    // True once the needle was seen since start().
    bool feed(std::string_view utf8);
    bool found() const { return found_; }
    void start();
    // Is it in this text?
    bool is_in(std::string_view utf8);
    // Matches anything?
    bool is_empty() const { return needle_.empty(); }

 private:
    SearchFormer former_;
    std::string needle_;
    std::string window_;
    bool found_ = false;
};

bool contains_folded(std::string_view utf8, std::string_view needle, const SearchForm& form = {});

// SEARCH BODY: is it in the decoded text of a text part, or in the header of a part or of an
// enclosed message? Memory does not grow with the message.
bool body_contains(std::string_view bytes, const Message& message, TextMatcher& matcher);
// Is it in a header: each value unfolded and decoded, and with its name; each MIME parameter.
bool header_contains(std::string_view header, TextMatcher& matcher);
// SEARCH FROM, TO, CC, BCC: is it in the addresses that ENVELOPE shows, written without folding,
// comments and quoting as "name <mailbox@host>, ..."?
bool addresses_contain(std::string_view header, std::string_view name, TextMatcher& matcher);

}  // namespace rookery::text

#endif
