// Sets of message numbers or UIDs (RFC 3501 sequence-set).
//
// Parsed with a maximum number of ranges; '*' is resolved when max_value is known. Kept sorted and
// merged after resolve(). A set may also be "$", what the last search saved (RFC 5182): it has no
// ranges of its own, and whoever takes one must ask. Codes: syntax, limit. Values.
#ifndef ROOKERY_IMAP_MODEL_SEQUENCE_SET_H
#define ROOKERY_IMAP_MODEL_SEQUENCE_SET_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery::model {

class SequenceSet {
 public:
    struct Range {
        uint32_t first;
        uint32_t last;  // inclusive
    };
    static constexpr size_t kMaxRanges = 10000;

    // sequence-set = (nz-number / "*") [":" ...] *("," ...)
    static Result<SequenceSet> parse(std::string_view text, size_t max_ranges = kMaxRanges);
    static SequenceSet saved_result();  // "$"
    bool is_saved_result() const { return saved_result_; }
    // Replaces '*' by largest, orders and merges. Needed once before contains() and ranges().
    void resolve(uint32_t largest);
    bool contains(uint32_t n) const;
    const std::vector<Range>& ranges() const { return ranges_; }
    bool empty() const { return ranges_.empty(); }
    bool has_star() const;  // not resolved
    // Adds n at the end or anywhere; keeps order.
    void add(uint32_t n);
    // Adds first..last, which lie behind everything that is there.
    void append(uint32_t first, uint32_t last);
    // Leaves what is in both; both are resolved.
    void intersect(const SequenceSet& other);
    std::string to_string() const;  // "1:3,7", "$"

 private:
    std::vector<Range> ranges_;  // UINT32_MAX stands for '*' until resolved
    bool saved_result_ = false;
};

}  // namespace rookery::model

#endif
