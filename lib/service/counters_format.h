// The layout of the counters file; doc/formats/counters.md describes it. Native byte order: the
// file never leaves the machine.
#ifndef ROOKERY_LIB_SERVICE_COUNTERS_FORMAT_H
#define ROOKERY_LIB_SERVICE_COUNTERS_FORMAT_H

#include <atomic>
#include <cstdint>

namespace rookery::service {

inline constexpr char kCountersMagic[8] = {'R', 'K', 'C', 'O', 'U', 'N', 'T', '\n'};
inline constexpr uint32_t kCountersVersion = 1;
inline constexpr uint32_t kCountersRows = 64;

struct CountersHeader {
    char magic[8];
    uint32_t version;
    uint32_t row_size;
    uint32_t rows;
    char unused[236];
};

// Of a row's values: those of counters::Kind, then the histogram.
inline constexpr uint32_t kCountersSum = 9;
inline constexpr uint32_t kCountersBuckets = 10;

// Who changes state from 0 to 1 writes the name and then sets 2.
struct CountersRow {
    std::atomic<uint32_t> state;
    char unused[4];
    char service[32];
    std::atomic<uint64_t> values[27];
};

static_assert(sizeof(CountersHeader) == 256);
static_assert(sizeof(CountersRow) == 256);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

}  // namespace rookery::service

#endif
