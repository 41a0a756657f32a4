#include "lib/text/search_words.h"

#include <algorithm>

namespace rookery::text {
namespace {

// Of a needle: more of them make no answer much shorter.
constexpr size_t kMaxNeedles = 8;
constexpr size_t kMaxGrams = 16;

bool is_ascii_byte(char c)
{
    return (static_cast<unsigned char>(c) & 0x80) == 0;
}

// In a text in its form small letters are none.
bool is_word_byte(char c)
{
    return !is_ascii_byte(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// How many bytes the character has that begins here: the text is UTF-8 by its form.
size_t character_at(std::string_view s, size_t pos)
{
    size_t end = pos + 1;
    while (end < s.size() && (static_cast<unsigned char>(s[end]) & 0xc0) == 0x80) end++;
    return end - pos;
}

// Calls back with each gram of the characters that begin at these places.
template <class F>
void each_gram(std::string_view word, const std::vector<size_t>& begins, const F& each)
{
    const auto from = [&](size_t first, size_t count) {
        const size_t begin = begins[first];
        const size_t end = first + count < begins.size() ? begins[first + count] : word.size();
        return word.substr(begin, end - begin);
    };
    for (size_t i = 0; i + 1 < begins.size(); i++) {
        const bool ascii = is_ascii_byte(word[begins[i]]) || is_ascii_byte(word[begins[i + 1]]);
        if (!ascii) each(from(i, 2));
        if (i + 2 < begins.size()) each(from(i, 3));
    }
}

std::vector<size_t> characters_of(std::string_view word)
{
    std::vector<size_t> begins;
    for (size_t pos = 0; pos < word.size(); pos += character_at(word, pos)) begins.push_back(pos);
    return begins;
}

}  // namespace

void WordCollector::start()
{
    end_word();
    former_.start();
}

bool WordCollector::feed(std::string_view utf8)
{
    formed_.clear();
    former_.add(utf8, formed_);
    for (size_t pos = 0; pos < formed_.size();) {
        const size_t size = character_at(formed_, pos);
        if (is_word_byte(formed_[pos]))
            add(std::string_view(formed_).substr(pos, size));
        else
            end_word();
        pos += size;
    }
    return is_too_much();
}

void WordCollector::clear()
{
    end_word();
    words_.clear();
    grams_.clear();
}

void WordCollector::add(std::string_view character)
{
    begins_.push_back(word_.size());
    word_ += character;
    if (!long_ && begins_.size() <= kLongestWord) return;
    long_ = true;
    add_grams();
    const size_t keep = begins_[begins_.size() - 2];
    begins_ = {0, begins_.back() - keep};
    word_.erase(0, keep);
}

void WordCollector::add_grams()
{
    each_gram(word_, begins_, [this](std::string_view gram) { grams_.emplace(gram); });
}

void WordCollector::end_word()
{
    if (!long_ && !word_.empty()) words_.insert(word_);
    word_.clear();
    begins_.clear();
    long_ = false;
}

std::vector<WordNeedle> search_needles(std::string_view needle)
{
    const std::string formed = search_form(needle, kWordForm);
    std::vector<WordNeedle> needles;
    for (size_t pos = 0; pos < formed.size() && needles.size() < kMaxNeedles;) {
        size_t end = pos;
        while (end < formed.size() && is_word_byte(formed[end])) end++;
        if (end == pos) {
            pos++;
            continue;
        }
        WordNeedle one{.part = formed.substr(pos, end - pos)};
        pos = end;
        const auto begins = characters_of(one.part);
        one.fits_word = begins.size() <= kLongestWord;
        each_gram(one.part, begins, [&](std::string_view gram) { one.grams.emplace_back(gram); });
        std::sort(one.grams.begin(), one.grams.end());
        one.grams.erase(std::unique(one.grams.begin(), one.grams.end()), one.grams.end());
        if (one.grams.size() > kMaxGrams) one.grams.resize(kMaxGrams);
        // Of one or two letters: in any long word it may be.
        if (!one.grams.empty()) needles.push_back(std::move(one));
    }
    return needles;
}

}  // namespace rookery::text
