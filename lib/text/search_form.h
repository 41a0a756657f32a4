// The form in which a search compares text: regardless of case, and as configured of spaces and of
// the marks on letters. Needle and text are brought into it; UTF-8 in and out.
//
// What is equal by i;unicode-casemap (casemap.h) is equal here; capitals stand for all. Combining
// marks of the Latin, Greek and Cyrillic scripts go, if so configured. Never fails: what is not
// UTF-8 becomes U+FFFD. Values.
#ifndef ROOKERY_LIB_TEXT_SEARCH_FORM_H
#define ROOKERY_LIB_TEXT_SEARCH_FORM_H

#include <string>
#include <string_view>

namespace rookery::text {

struct SearchForm {
    enum class Spaces {
        skip,   // "a b" is "ab"
        merge,  // any number of spaces and line ends is one space
        keep
    };
    Spaces spaces = Spaces::merge;
    bool skips_diacritics = true;
};

// One text, in pieces of whole characters.
class SearchFormer {
 public:
    explicit SearchFormer(const SearchForm& form) : form_(form) {}
    void start() { after_space_ = false; }
    void add(std::string_view utf8, std::string& out);

 private:
    void add(char32_t c, std::string& out);

    SearchForm form_;
    bool after_space_ = false;
};

std::string search_form(std::string_view utf8, const SearchForm& form);

}  // namespace rookery::text

#endif
