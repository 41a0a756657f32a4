// ListPattern: a mailbox pattern of LIST and LSUB (RFC 3501 6.3.8).
//
// '*' matches any bytes, '%' any but the separator. A pattern that has bytes of UTF-8 is all UTF-8,
// and matches names, which are modified UTF-7, by what they stand for. A name is run through once,
// all ways to match it at the same time, so that no pattern costs more than its length times that
// of the name; on the way it says for each level of the name whether the pattern matches there and
// whether anything below can still match. Codes: limit (longer than kMaxPattern). A value;
// immutable.
#ifndef ROOKERY_IMAP_MBOXLIST_LIST_PATTERN_H
#define ROOKERY_IMAP_MBOXLIST_LIST_PATTERN_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery::mboxlist {

class ListPattern {
 public:
    static constexpr size_t kMaxPattern = 1024;

    static Result<ListPattern> compile(std::string_view pattern, char separator);

    // The part of a name before one of its separators, or all of it.
    struct Level {
        size_t length = 0;
        bool matches = false;
        bool matches_as_level = false;  // by a pattern that ends in '%'
        bool alive = false;             // something below may match
    };
    // Adds what this pattern says to levels (one for each level of name, the whole name last);
    // makes them if levels is empty. The first `nocase` bytes of name are upper case and match any
    // case.
    void run(std::string_view name, size_t nocase, std::vector<Level>& levels) const;
    bool matches(std::string_view name, size_t nocase = 0) const;

    // What every name that matches begins with (but for the case of INBOX).
    const std::string& literal_prefix() const { return literal_; }

 private:
    using Bits = std::vector<uint64_t>;  // one bit for each place in the pattern, and its end
    ListPattern() = default;
    void start(Bits& at) const;
    void step(Bits& at, char c, bool nocase) const;
    bool at_end(const Bits& at) const;
    void close(Bits& at) const;

    char separator_ = '.';
    bool utf8_ = false;
    bool ends_in_percent_ = false;
    size_t length_ = 0;
    size_t words_ = 1;
    std::string literal_;
    Bits stars_;
    Bits percents_;
    Bits letters_;  // 256 sets: the places where each byte stands
};

// RFC 3501's reference and pattern as one pattern.
std::string join_reference(std::string_view reference, std::string_view pattern, char separator);

}  // namespace rookery::mboxlist

#endif
