// The layout of backends.health (doc/formats/health.md). Host byte order: the file never leaves its
// machine, and is made anew when its header differs.
#ifndef ROOKERY_IMAP_BACKEND_HEALTH_FORMAT_H
#define ROOKERY_IMAP_BACKEND_HEALTH_FORMAT_H

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace rookery::backend {

inline constexpr char kHealthMagic[8] = {'R', 'K', 'H', 'E', 'A', 'L', 'T', '1'};
inline constexpr size_t kHealthEntries = 512;
inline constexpr size_t kHealthName = 96;

struct HealthHeader {
    char magic[8];
    uint32_t entries;
    uint32_t entry_size;
    char unused[112];
};

// Who changes state from 0 to 1 writes the name and then sets 2; other states of a name do not
// exist.
struct HealthEntry {
    std::atomic<uint32_t> state;        // 0 free, 1 its name is being written, 2 in use
    std::atomic<uint32_t> failures;     // in a row
    std::atomic<uint64_t> open_until;   // monotonic milliseconds; 0 = closed
    std::atomic<uint64_t> probe_until;  // a probe is out until then
    std::atomic<uint64_t> announced;    // its capabilities (announced.h); 0 = not heard yet
    char name[kHealthName];             // "service server", padded with NUL
};

static_assert(sizeof(HealthHeader) == 128);
static_assert(sizeof(HealthEntry) == 128);
static_assert(std::atomic<uint64_t>::is_always_lock_free &&
              std::atomic<uint32_t>::is_always_lock_free);

}  // namespace rookery::backend

#endif
