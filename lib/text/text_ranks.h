// How texts compare, byte by byte, as numbers: for who sorts many of them.
//
// Holds the texts, of which all together are shorter than 4 GB. A value.
#ifndef ROOKERY_LIB_TEXT_TEXT_RANKS_H
#define ROOKERY_LIB_TEXT_TEXT_RANKS_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::text {

class TextRanks {
 public:
    void add(std::string_view text)
    {
        bytes_.append(text);
        ends_.push_back(bytes_.size());
    }
    size_t size() const { return ends_.size(); }
    // In the order in which they were added, from 0. Valid until the next add().
    std::string_view text(size_t n) const
    {
        const size_t begin = n == 0 ? 0 : ends_[n - 1];
        return std::string_view(bytes_).substr(begin, ends_[n] - begin);
    }

    // A number for each, from 1 and without gaps: the same for equal ones, else they compare as the
    // texts do.
    std::vector<uint32_t> ranks() const;

 private:
    struct Item;
    void rank(std::span<Item> items, size_t place, std::vector<uint32_t>& ranks,
              uint32_t& last) const;

    std::string bytes_;
    std::vector<size_t> ends_;
};

}  // namespace rookery::text

#endif
