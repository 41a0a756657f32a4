// Counters: what the services of this server have done since the file was made, for monitoring.
//
// A mapped file beside the scoreboard, <proc_path>/counters (doc/formats/counters.md): a row of
// numbers for each service of cyrus.conf, changed by atomic additions only, so that a worker that
// dies holds nothing and nothing is lost with it. Numbers only grow, until the machine or somebody
// removes the file. Daemons use the functions in service.h; without a file they do nothing.
// Codes of open: io, corrupt (another version). One thread opens; any thread adds.
#ifndef ROOKERY_MASTER_COUNTERS_H
#define ROOKERY_MASTER_COUNTERS_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "master/service.h"

namespace rookery::master {

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
}  // namespace counters

}  // namespace rookery::master

#endif
