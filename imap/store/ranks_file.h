// rookery.ranks: how the messages of a mailbox compare by texts of their headers, so that SORT need
// not read these. doc/formats/ranks.md.
//
// Whoever has sorted many messages puts another file in its place, whole, with the mailbox locked.
// It is never trusted to know of a message that it does not name, each with a mark of what the
// message is; a text whose part is not intact, or was made by other rules, is as good as none.
// Codes: those of files.
#ifndef ROOKERY_IMAP_STORE_RANKS_FILE_H
#define ROOKERY_IMAP_STORE_RANKS_FILE_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/text/order_keys.h"

namespace rookery::store {

inline constexpr const char* kRanksName = "rookery.ranks";

struct RankRow {
    uint32_t uid;   // ascending
    uint32_t mark;  // rank_mark()
    uint32_t rank;  // 1 to the number of rows
};

// Of the GUID of a message: another one that has its UID has another mark.
uint32_t rank_mark(std::string_view guid);

class RanksFile {
 public:
    // None that is any good: it has no rows.
    static RanksFile read(int directory);
    std::vector<RankRow> rows(text::OrderText which) const;
    // These, and what it had of the other texts.
    void set(text::OrderText which, const std::vector<RankRow>& rows);
    // The caller holds the mailbox lock. Not durable, nor need it be.
    Status put_in_place(int directory) const;

 private:
    std::array<std::string, text::kOrderTexts> parts_;  // as in the file
};

}  // namespace rookery::store

#endif
