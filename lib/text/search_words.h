// The words of a text, for an index in which SEARCH BODY and SEARCH TEXT look before they read.
//
// A word is a run of ASCII letters and digits and of anything that is not ASCII, without case and
// without marks on letters. Words of up to kLongestWord characters are terms; of a longer one each
// three characters in a row are, and each two that are not ASCII. So that a needle is in a text,
// the terms that search_needles() asks for have to be among those of the text, whatever form of
// search is used that keeps spaces (search_form.h). Memory: kMostTerms. Never fails. One thread.
#ifndef ROOKERY_LIB_TEXT_SEARCH_WORDS_H
#define ROOKERY_LIB_TEXT_SEARCH_WORDS_H

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "lib/text/search_form.h"
#include "lib/text/text_search.h"

namespace rookery::text {

inline constexpr size_t kLongestWord = 16;     // characters
inline constexpr size_t kMostTerms = 500'000;  // of one message
inline constexpr SearchForm kWordForm = {.spaces = SearchForm::Spaces::merge,
                                         .skips_diacritics = true};

class WordCollector final : public TextReader {
 public:
    void start() override;
    bool feed(std::string_view utf8) override;  // has enough when there are too many
    // The last word has ended. words() and grams() are whole until the next start().
    void finish() { end_word(); }
    void clear();
    // There are more terms than are kept.
    bool is_too_much() const { return words_.size() + grams_.size() > kMostTerms; }

    const std::unordered_set<std::string>& words() const { return words_; }
    const std::unordered_set<std::string>& grams() const { return grams_; }

 private:
    void add(std::string_view character);
    void add_grams();
    void end_word();

    SearchFormer former_{kWordForm};
    std::string formed_;
    std::string word_;               // of a long one the last characters
    std::vector<size_t> begins_;     // of its characters
    bool long_ = false;
    std::unordered_set<std::string> words_, grams_;
};

// What the terms of a text have to be like: one of its words has `part` in it, or all of these
// grams are there.
struct WordNeedle {
    std::string part;
    bool fits_word = false;  // part is no longer than a word
    std::vector<std::string> grams = {};
};
// All of them have to be met. Empty: nothing can be said of such a needle.
std::vector<WordNeedle> search_needles(std::string_view needle);

}  // namespace rookery::text

#endif
