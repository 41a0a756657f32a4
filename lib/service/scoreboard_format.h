// The layout of the scoreboard file; doc/formats/scoreboard.md describes it. Native byte order: the
// file never leaves the machine. Strings are cut to fit and end with NUL.
#ifndef ROOKERY_LIB_SERVICE_SCOREBOARD_FORMAT_H
#define ROOKERY_LIB_SERVICE_SCOREBOARD_FORMAT_H

#include <cstdint>

namespace rookery::service {

inline constexpr char kScoreboardMagic[8] = {'R', 'K', 'S', 'C', 'O', 'R', 'E', '\n'};
inline constexpr uint32_t kScoreboardVersion = 1;
inline constexpr uint32_t kScoreboardSlots = 8192;

struct ScoreboardHeader {
    char magic[8];
    uint32_t version;
    uint32_t slot_size;
    uint32_t slot_count;
    char unused[492];
};

struct ScoreboardSlot {
    uint32_t sequence;  // odd while it is being written
    int32_t pid;
    int64_t started;
    int64_t state_since;
    uint64_t clients;
    char service[32];
    char state[32];
    char client[64];
    char user[96];
    char mailbox[176];
    char backend[80];
};

static_assert(sizeof(ScoreboardHeader) == 512);
static_assert(sizeof(ScoreboardSlot) == 512);

}  // namespace rookery::service

#endif
