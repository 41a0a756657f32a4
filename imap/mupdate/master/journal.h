// Journal: the change log of the master, on disk (doc/rules.md 2, doc/formats/mupdate-log.md).
//
// A directory of files log.<first serial>, of which the last grows. append() is durable when it
// returns success. After a failed write the file is cut back to what was durable before; after a
// failed sync broken() is true and the process has to start again from disk.
// Codes: no_space, io, corrupt (replay: a bad record with a good one behind it), busy (lock),
// unsupported (a newer version). One thread at a time.
#ifndef ROOKERY_IMAP_MUPDATE_MASTER_JOURNAL_H
#define ROOKERY_IMAP_MUPDATE_MASTER_JOURNAL_H

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::mupdate {

inline constexpr uint32_t kLogVersion = 1;
inline constexpr std::string_view kLogMagic = "RKMUPLOG";
inline constexpr size_t kMaxLogRecord = 4 << 20;

// Where a list stands: its line of epochs is told by the log headers.
struct Position {
    uint64_t epoch = 0;
    uint64_t serial = 0;
    friend bool operator==(const Position&, const Position&) = default;
};

class Journal {
 public:
    // Begins a new file behind `parent`: its first record will have serial parent.serial + 1.
    static Result<Journal> start(const std::string& directory, uint64_t epoch, Position parent);

    // The records, with serials following on from the last; one write, one sync.
    Status append(std::span<const std::string> bodies);
    bool broken() const { return broken_; }
    // Goes on in a new file.
    Status rotate();
    // Removes files all of whose records are <= serial, except the current one.
    Status remove_through(uint64_t serial);

    Position position() const { return {epoch_, serial_}; }
    uint64_t bytes_in_file() const { return durable_; }

 private:
    Journal(std::string directory, uint64_t epoch, uint64_t serial);
    Status open_file_after(Position parent);

    std::string directory_;
    uint64_t epoch_;
    uint64_t serial_;  // of the last durable record
    uint64_t first_in_file_ = 0;
    Fd file_;
    uint64_t durable_ = 0;  // bytes of file_
    bool broken_ = false;
};

// Every record with a serial > after, in order. A bad last record is cut off. Gives the position of
// the last one ({0, after} if there is none). Headers tell the line: on_line is called for each
// (epoch, parent) found.
struct Replay {
    std::function<Status(uint64_t serial, std::string_view body)> record;
    std::function<void(uint64_t epoch, Position parent)> line;
};
Result<Position> replay_logs(const std::string& directory, uint64_t after, const Replay& replay);

// An exclusive lock on directory/lock, held while the Fd is open. busy: another process has it.
Result<Fd> lock_log_directory(const std::string& directory);

}  // namespace rookery::mupdate

#endif
