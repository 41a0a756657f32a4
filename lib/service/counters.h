// Counters: what the services of this server have done since the file was made, for monitoring.
//
// A mapped file beside the scoreboard, <proc_path>/counters (doc/formats/counters.md): a row of
// numbers for each service of cyrus.conf, changed by atomic additions only, so that a worker that
// dies holds nothing and nothing is lost with it. Numbers only grow, until the machine or somebody
// removes the file. Daemons add(); without a file that does nothing.
// Codes of open: io, corrupt (another version). One thread opens; any thread adds.
#ifndef ROOKERY_LIB_SERVICE_COUNTERS_H
#define ROOKERY_LIB_SERVICE_COUNTERS_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::service {

namespace counters {
// In the order of the file (doc/formats/counters.md): new ones go to the end.
enum class Kind : unsigned char {
    connections,
    logins,
    login_failures,
    commands,
    command_failures,  // answered NO, BAD, or 4xx and 5xx
    messages,          // that were delivered or appended
    backend_failures,  // another server could not be reached
    bytes_received,    // from clients, inside TLS and compression
    bytes_sent,
};
inline constexpr size_t kKinds = 9;

// How long commands took, from the line that was read to the answer, as a histogram: how many took
// at most so many milliseconds, but more than the bound before; the last, without a bound, the
// rest. Before them in the file: the sum, in microseconds.
inline constexpr std::array<uint32_t, 13> kBounds = {1,   2,   5,    10,   25,   50,   100,
                                                     250, 500, 1000, 2500, 5000, 10000};
inline constexpr size_t kBuckets = kBounds.size() + 1;
}  // namespace counters

struct CountersRow;

class Counters {
 public:
    static Result<Counters> open(const std::string& directory);
    Counters(Counters&& other) noexcept;
    Counters& operator=(Counters&&) = delete;
    ~Counters();

    // The service's row, made if there is room; null if not. Good as long as this is.
    CountersRow* row(std::string_view service);

    struct Line {
        std::string service;
        std::array<uint64_t, counters::kKinds> values;
        uint64_t microseconds = 0;  // of all commands whose time was taken
        std::array<uint64_t, counters::kBuckets> took{};
    };
    std::vector<Line> lines() const;

 private:
    Counters(Fd fd, void* map) : fd_(std::move(fd)), map_(map) {}

    Fd fd_;
    void* map_;
};

namespace counters {
// The row that add() changes; null: none.
void use(CountersRow* row);
void add(Kind kind, uint64_t n = 1);

// Takes the time of a command while it lives.
class Timed {
 public:
    Timed() : since_(monotonic_now()) {}
    ~Timed();
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;
    // It waits for the client, and says nothing about this server.
    void forget() { counts_ = false; }

 private:
    MonotonicTime since_;
    bool counts_ = true;
};
}  // namespace counters

}  // namespace rookery::service

#endif
