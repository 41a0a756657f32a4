// Line: which states of a list a server can speak for (doc/rules.md 2.5).
//
// A list has an epoch, new at every start of its master, and in it a serial for each change. The
// line holds the epochs before the present one and the serial at which each ended. A position
// (epoch, serial) is on the line if it is of the present epoch, or of one before it that ended
// there or later: whoever stands there lacks nothing but what came after. Values; any thread.
#ifndef ROOKERY_IMAP_MUPDATE_LINE_H
#define ROOKERY_IMAP_MUPDATE_LINE_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mupdate/master/journal.h"

namespace rookery::mupdate {

struct Line {
    static constexpr size_t kMaxBefore = 256;

    uint64_t epoch = 0;
    std::vector<Position> before;  // oldest first

    bool holds(const Position& at) const;
    // The epoch that was ends at `end`, the next one begins.
    void begin(uint64_t next, const Position& end);
    // An epoch that is known already moves its end; no order is asked for.
    void note_end(const Position& end);

    // "epoch serial epoch serial ..." of those before, in decimal.
    std::string to_text() const;
    static std::vector<Position> parse(std::string_view text);
};

// "epoch serial", as replicas keep it; none if it is not that.
std::string to_text(const Position& at);
std::optional<Position> parse_position(std::string_view text);

}  // namespace rookery::mupdate

#endif
