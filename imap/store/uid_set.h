// UidSet: a set of UIDs as ordered ranges, for \Seen and \Recent. Memory grows with the number of
// ranges, not of UIDs. parse: syntax, limit. A value.
#ifndef ROOKERY_IMAP_STORE_UID_SET_H
#define ROOKERY_IMAP_STORE_UID_SET_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery::store {

class UidSet {
 public:
    struct Range {
        uint32_t first;
        uint32_t last;  // inclusive
        bool operator==(const Range&) const = default;
    };

    // "1:3,7", in order. At most max ranges.
    static Result<UidSet> parse(std::string_view text, size_t max = 10'000'000);
    std::string to_string() const;

    bool contains(uint32_t uid) const;
    bool empty() const { return ranges_.empty(); }
    void add(uint32_t uid) { add_range(uid, uid); }
    void add_range(uint32_t first, uint32_t last);
    void remove(uint32_t uid);
    const std::vector<Range>& ranges() const { return ranges_; }
    bool operator==(const UidSet&) const = default;

 private:
    // The first range that ends at uid or after it.
    std::vector<Range>::iterator find(uint32_t uid);
    std::vector<Range> ranges_;
};

}  // namespace rookery::store

#endif
