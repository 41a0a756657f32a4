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

// Is fed texts, one after the other, each in pieces of whole characters.
class TextReader {
 public:
    virtual ~TextReader() = default;
    // A text begins that has nothing to do with the one before.
    virtual void start() = 0;
    // True: it has enough, and wants no more of this text or of others.
    virtual bool feed(std::string_view utf8) = 0;
};

// Looks for one needle.
class TextMatcher final : public TextReader {
 public:
    explicit TextMatcher(std::string_view needle, const SearchForm& form = {})
        : former_(form), needle_(search_form(needle, form))
    {
    }
    // True once the needle was seen since start().
    bool feed(std::string_view utf8) override;
    bool found() const { return found_; }
    void start() override;
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

// What SEARCH BODY looks at: the decoded text of each text part, the headers of parts and of
// enclosed messages. True: the reader has enough. Memory does not grow with the message.
bool read_body(std::string_view bytes, const Message& message, TextReader& reader);
// Of a header: each value unfolded and decoded, and with its name; each MIME parameter.
bool read_header(std::string_view header, TextReader& reader);
// Is it in these?
bool body_contains(std::string_view bytes, const Message& message, TextMatcher& matcher);
bool header_contains(std::string_view header, TextMatcher& matcher);
// SEARCH FROM, TO, CC, BCC: is it in the addresses that ENVELOPE shows, written without folding,
// comments and quoting as "name <mailbox@host>, ..."?
bool addresses_contain(std::string_view header, std::string_view name, TextMatcher& matcher);

}  // namespace rookery::text

#endif
