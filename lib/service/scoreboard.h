// The scoreboard: one mapped file with a line per worker, read by "murder status".
//
// <proc_path>/scoreboard; the format is doc/formats/scoreboard.md. Any process of the daemons' user
// may map it; a worker owns a slot as long as it holds a lock on the slot's first byte, so a slot
// of a process that died, however it died, is free again at once. Nothing here is needed to serve
// mail: without the file every function is a no-op. Nobody signals a pid found here.
// Thread rule: one thread per process writes.
#ifndef ROOKERY_LIB_SERVICE_SCOREBOARD_H
#define ROOKERY_LIB_SERVICE_SCOREBOARD_H

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"

namespace rookery::service {

namespace scoreboard {
// Living workers of this service with that user, and with that client; this one included.
struct Alike {
    uint64_t user = 0;
    uint64_t client = 0;
    uint64_t strangers = 0;  // with that client, and nobody has logged in
};
}  // namespace scoreboard

struct ScoreLine {
    pid_t pid = 0;
    int64_t started = 0;      // Unix time
    int64_t state_since = 0;  // Unix time
    uint64_t clients = 0;     // served so far
    std::string service, state, client, user, mailbox, backend;
};

struct ScoreboardHeader;
struct ScoreboardSlot;

class Scoreboard {
 public:
    // Makes the file when it is not there. corrupt: another version of the format.
    static Result<Scoreboard> open(const std::string& directory);
    Scoreboard(Scoreboard&& other) noexcept;
    Scoreboard& operator=(Scoreboard&&) = delete;
    ~Scoreboard();

    // Takes a slot for this process; false when all are taken.
    bool claim(std::string_view service);
    ScoreboardSlot* mine() { return mine_; }

    // All lines whose process lives, oldest slot first.
    std::vector<ScoreLine> lines() const;
    // Living workers that have a client.
    size_t sessions() const;
    // Living workers of a service.
    unsigned count(std::string_view service) const;
    // Living workers of this one's service with this user, and this client; itself included. Where
    // no figure exceeds `enough`, workers that have died may be among them: whether one lives costs
    // a system call, and one client may have thousands.
    scoreboard::Alike count_alike(std::string_view user, std::string_view client,
                                  const scoreboard::Alike& enough) const;

 private:
    Scoreboard(Fd fd, void* map, size_t bytes);
    bool is_held(size_t slot) const;
    scoreboard::Alike tally(std::string_view user, std::string_view client, bool only_living) const;

    Fd fd_;
    void* map_;
    size_t bytes_;
    size_t used_ = 0;
    ScoreboardSlot* mine_ = nullptr;
};

// This worker's line (<configdirectory>/proc or proc_path); no-ops without one.
namespace scoreboard {
void set_user(std::string_view user);
Alike count_alike(std::string_view user, std::string_view client, const Alike& enough);
// Living workers that have a client, this one too; none: there is no board. A worker must not open
// the file once more: to close that would give up its slot.
std::optional<size_t> sessions();
// Those of all living workers; none without a board.
std::vector<ScoreLine> lines();
void set_mailbox(std::string_view mailbox);
void set_backend(std::string_view server);
void set_state(std::string_view state);  // "idle", "login", "command name"

// The board that these functions write to; null = none.
void use(Scoreboard* board);
void set_client(std::string_view client);
void count_client();
// Empties client, user, mailbox and backend, state "idle".
void clear();
}  // namespace scoreboard

}  // namespace rookery::service

#endif
