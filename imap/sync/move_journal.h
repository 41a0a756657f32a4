// The journal of a move: one small file for each on the server that the mailboxes leave,
// <configdirectory>/moves/<name> (doc/formats/moves.md), replaced durably at each step
// (doc/rules.md 6).
//
// Whoever works on a move holds its lock (fcntl, <name>.lock); it vanishes with the process, so a
// journal without a lock is what a crash has left. Codes: busy (somebody works on it), not_found,
// corrupt, unsupported (a newer version), io, no_space. One thread; open after fork.
#ifndef ROOKERY_IMAP_SYNC_MOVE_JOURNAL_H
#define ROOKERY_IMAP_SYNC_MOVE_JOURNAL_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/model/mailbox_name.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::sync {

enum class MoveState : unsigned char {
    copy,      // the mailboxes are in use here; nothing has changed but at the destination
    freeze,    // nobody writes; the master is told, the last differences are copied and compared
    abort,     // back: the master hears that they are active here again
    activate,  // the destination tells the master: from here there is only forward
    moved,     // active there; what is here goes after a time
};
std::string_view move_state_name(MoveState state);

struct MoveRecord {
    model::MailboxName name;  // of the INBOX or of the mailbox
    std::string server;
    std::string partition;  // "" = as it is here
    MoveState state = MoveState::copy;
    int64_t started = 0;
    int64_t changed = 0;  // into this state
    std::string error;    // why the last run stopped
};

class MoveJournal {
 public:
    // Locked. record: to begin with; none: it must be there.
    static Result<MoveJournal> open(const config::Config& config, const model::MailboxName& name,
                                    const MoveRecord* record = nullptr);

    const MoveRecord& record() const { return record_; }
    // Begun by this object: nothing of it is at the destination yet.
    bool is_new() const { return is_new_; }
    Status set_state(MoveState state);
    // Another move of the same name, under the same lock.
    Status begin(const MoveRecord& record);
    Status set_target(std::string server, std::string partition);
    Status note(const Error& error);
    // It is over.
    Status remove();

 private:
    MoveJournal(std::string path, Fd lock, MoveRecord record)
        : path_(std::move(path)), lock_(std::move(lock)), record_(std::move(record))
    {
    }
    Status write();

    std::string path_;
    Fd lock_;
    MoveRecord record_;
    bool is_new_ = false;
};

struct Moves {
    struct Unreadable {
        std::string file;
        Error error;
    };
    std::vector<MoveRecord> readable;  // in the order of their names
    std::vector<Unreadable> others;    // each costs itself
    bool empty() const { return readable.empty() && others.empty(); }
};
// All that there are, locked or not.
Result<Moves> list_moves(const config::Config& config);
// The one for this name, without its lock.
Result<MoveRecord> read_move(const config::Config& config, const model::MailboxName& name);

}  // namespace rookery::sync

#endif
