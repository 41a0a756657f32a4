// Recovery: what a master answers to servers whose list it may have lost (doc/rules.md 2.5, 4.5).
//
// A server tells where it last stood. If that is not on the master's line of epochs, the master
// was restored or replaced: the server is a stranger and is refused until an administrator says
// that this master is the one (promote). From then on the master takes additions only, until all
// servers that hold mailboxes have told all of theirs (told). A backend that stands where it stood
// before its latest word was itself restored from a backup.
// On disk: a small text file, written before anything is answered; where backends stand is written
// with the checkpoints. Codes of open: io, corrupt. Thread rule: any thread; the lock is inside.
#ifndef ROOKERY_IMAP_MUPDATE_MASTER_RECOVERY_H
#define ROOKERY_IMAP_MUPDATE_MASTER_RECOVERY_H

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mupdate/line.h"
#include "imap/mupdate/server/status.h"
#include "lib/base/guarded.h"
#include "lib/base/result.h"

namespace rookery::mupdate {

// What a master says of where a server stood; the words of POSITION (doc/protocols/mupdate.md).
enum class Standing : unsigned char {
    on,          // on the line
    other,       // not on it: refused
    recovering,  // this server is to tell all that it has; additions only
    waiting,     // it has; others have not yet
    restored,    // it once stood later
    unknown,     // the server does not tell
};
std::string_view standing_word(Standing standing);
Standing standing_of(std::string_view word);
// To whoever names a position that is not on the line.
Error never_there();

class Recovery {
 public:
    static constexpr size_t kMaxStrangers = 1000;

    static Result<std::unique_ptr<Recovery>> open(const std::string& path);

    // server: a backend's name, or "" for a replica's login and host in `who`.
    Standing judge(const std::string& server, const std::string& who, const Position& at,
                   const Line& line);
    // An administrator's word: strangers are welcome; these servers have to tell their mailboxes,
    // and strangers that are backends. Gives how many there are to wait for.
    Result<uint64_t> promote(std::span<const std::string> servers);
    // All have told, or are not waited for any longer.
    Status end();
    // A backend has told everything as of this position. true: it was the last one.
    Result<bool> told(const std::string& server, const Position& at);
    bool additions_only() const { return !state_.lock()->waiting.empty(); }
    // Writes what may be lost: with each checkpoint.
    Status save();

    // "stranger" epoch serial name; "waiting" server; "restored" server; "told" age server.
    std::vector<StatusLine> status() const;

 private:
    struct Stranger {
        Position at;
        bool is_backend = false;
    };
    struct State {
        std::set<uint64_t> adopted;             // epochs that are not on the line, and welcome
        std::set<std::string> waiting;          // for these to tell
        std::map<std::string, Position> stood;  // where each backend stood at its latest word
        // Not kept over a restart: by name, and of the backends
        std::map<std::string, Stranger> strangers;
        std::set<std::string> restored;          // those that stood later once
        std::map<std::string, int64_t> told_at;  // when each last told all, or this was opened
        bool changed = false;
    };

    explicit Recovery(std::string path) : path_(std::move(path)) {}
    Status parse(std::string_view text);
    Status write(State& state) const;

    const std::string path_;
    mutable Guarded<State> state_;
};

}  // namespace rookery::mupdate

#endif
