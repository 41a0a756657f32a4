// A range of results by their place in the list, from its begin or its end: PARTIAL (RFC 9394).
//
// Codes: syntax, and the reader's. Values.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_PARTIAL_RANGE_H
#define ROOKERY_IMAP_IMAPD_SELECTED_PARTIAL_RANGE_H

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "imap/imapd/command_reader.h"
#include "lib/base/result.h"
#include "lib/base/strings.h"

namespace rookery::imapd {

struct PartialRange {
    uint32_t first = 1;  // not above last
    uint32_t last = 1;
    bool from_end = false;
    std::string as_asked;  // "1:5", "-5:-1"

    // Those of them that are there.
    template <class T>
    std::span<const T> of(std::span<const T> all) const
    {
        if (first > all.size()) return {};
        const size_t end = std::min<size_t>(last, all.size());
        const size_t count = end - first + 1;
        return all.subspan(from_end ? all.size() - end : first - 1, count);
    }
};

// partial-range = nz-number ":" nz-number / "-" nz-number ":" "-" nz-number
inline Result<PartialRange> parse_partial_range(CommandReader& reader)
{
    PartialRange range;
    TRY_ASSIGN(range.from_end, reader.accept('-'));
    const std::string_view sign = range.from_end ? "-" : "";
    TRY_ASSIGN(range.first, reader.nz_number());
    TRY(reader.expect(':'));
    if (range.from_end) TRY(reader.expect('-'));
    TRY_ASSIGN(range.last, reader.nz_number());
    range.as_asked = cat(sign, range.first, ':', sign, range.last);
    if (range.first > range.last) std::swap(range.first, range.last);
    return range;
}

}  // namespace rookery::imapd

#endif
