// Message flags: the five system flags as bits, keywords as bits of a per-mailbox table.
#ifndef ROOKERY_IMAP_MODEL_FLAGS_H
#define ROOKERY_IMAP_MODEL_FLAGS_H

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery::model {

inline constexpr uint32_t kAnswered = 1;
inline constexpr uint32_t kFlagged = 2;
inline constexpr uint32_t kDeleted = 4;
inline constexpr uint32_t kDraft = 8;
inline constexpr uint32_t kSeen = 16;
inline constexpr uint32_t kAllFlags = kAnswered | kFlagged | kDeleted | kDraft | kSeen;
inline constexpr size_t kMaxKeywords = 128;  // in one mailbox
inline constexpr size_t kMaxKeywordLength = 256;

using KeywordBits = std::bitset<kMaxKeywords>;

// Flags as a client names them: before keywords have numbers.
struct FlagList {
    uint32_t system = 0;
    std::vector<std::string> keywords;  // no duplicates (case-insensitive)
};

// The flags that may be set in a mailbox: all, or those that somebody's rights there allow (acl.h).
struct FlagFilter {
    uint32_t system = kAllFlags;
    bool keywords = true;

    // What does not pass is left out.
    void apply(FlagList& flags) const;
    bool passes_all() const { return system == kAllFlags && keywords; }
};

// "\Seen" -> kSeen, case-insensitively; none for \Recent and unknown.
std::optional<uint32_t> system_flag(std::string_view name);
// "\\Answered \\Flagged ..." in RFC order, separated by spaces.
std::string system_flags_to_string(uint32_t system);
// Adds one flag (system or keyword). Code::syntax: \Recent, unknown \flag, not an atom.
Status add_flag(FlagList& list, std::string_view name);

}  // namespace rookery::model

#endif
