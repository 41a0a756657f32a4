// MasterList: the authoritative mailbox list: rules, change log, checkpoint.
//
// A change is validated against the list and everything queued, queued, appended to the log with
// all that is queued by the first that waits (the others share its sync), and then published; the
// mailbox list store is brought up to date behind it by the checkpoint thread (doc/ARCHITECTURE.md,
// doc/rules.md 2).
// Owns the store, the log directory's lock and two threads.
// Codes of open: busy (another master; exit 75), corrupt, unsupported, config (exit 78), io.
// Thread rule: submit, wait and status from any thread; the store is used by the checkpoint thread
// only. Lock order: this object's state, then the published list.
#ifndef ROOKERY_IMAP_MUPDATE_MASTER_MASTER_LIST_H
#define ROOKERY_IMAP_MUPDATE_MASTER_MASTER_LIST_H

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "imap/mboxlist/directory.h"
#include "imap/mupdate/master/journal.h"
#include "imap/mupdate/master/published_list.h"
#include "imap/mupdate/master/recovery.h"
#include "imap/mupdate/master/rules.h"
#include "imap/mupdate/server/status.h"
#include "imap/mupdate/server/thread.h"
#include "imap/mupdate/wire.h"
#include "lib/base/guarded.h"

namespace rookery::mupdate {

class MasterList {
 public:
    struct Options {
        std::string directory;  // of the log: <configdirectory>/mupdate
        Policy policy;
        uint64_t checkpoint_changes = 100000;  // or when the interval is over
        Seconds checkpoint_interval{30};
    };
    // What was answered; ticket 0 needs no wait.
    struct Answer {
        bool ok = true;
        std::string text;
        uint64_t ticket = 0;
        Code code = Code::denied;  // of a refusal
    };

    // Loads the store and the log behind it. store and published must be there for its whole life.
    static Result<std::unique_ptr<MasterList>> open(std::unique_ptr<mboxlist::Directory> store,
                                                    PublishedList& published, Options options);
    ~MasterList();
    MasterList(const MasterList&) = delete;
    MasterList& operator=(const MasterList&) = delete;

    // Runs the threads. stop() brings the store up to date and ends them.
    Status start();
    void stop();

    // ACTIVATE, RESERVE, DEACTIVATE, DELETE. The arguments have been counted.
    Answer submit(Verb verb, const std::vector<std::string>& arguments, Caller& caller);
    // Waits until the change is durable and published. Its failure: what to tell the client.
    Status wait(uint64_t ticket);

    // Brings the store up to date with everything that was answered before: for those who read it.
    // timeout; io: that failed.
    Status catch_up(Milliseconds wait);

    const Policy& policy() const { return options_.policy; }
    Recovery& recovery() { return *recovery_; }
    // Reservations, moves and conflicts, for STATUS: "reservation" left location name, "move"
    // opened from to name, "conflict" since holder claim by name; the name comes last, and times
    // are in seconds (left: of the lease; opened and since: Unix time).
    std::vector<StatusLine> status();
    // True after a failed sync: the process must end and start again from disk.
    bool must_restart();

 private:
    struct Op {
        Change change;
        bool visible = false;
        bool is_delete = false;
        uint64_t ticket = 0;
        Code code = Code::denied;  // of a refusal
    };
    struct Failed {
        uint64_t ticket;
        Error error;
    };
    struct State {
        std::map<std::string, std::pair<uint64_t, std::optional<ListEntry>>> queued_view;
        std::deque<Op> queue;
        uint64_t next_ticket = 1;
        uint64_t done_ticket = 0;
        std::deque<Failed> failed;
        std::set<std::string> dirty;    // changed since the last checkpoint took its share
        std::set<std::string> special;  // keys with an Extra
        uint64_t logged_since_checkpoint = 0;
        uint64_t catch_ups = 0;   // that were asked for
        uint64_t caught_up = 0;   // that are done, or have failed
        bool catch_up_ok = true;  // the last of these
        bool full = false;
        bool stopping = false;
        bool writing = false;  // somebody has the log
        bool ended = false;
        bool broken = false;
        bool rotate_wanted = false;
        uint64_t rotated_at = 0;  // serial before the present log file
        uint64_t rotations = 0;
    };

    MasterList(std::unique_ptr<mboxlist::Directory> store, PublishedList& published,
               Options options, Fd lock);
    Status load();
    Status load_store(PublishedList::Entries& entries);
    Status load_state(PublishedList::Entries& entries, Position& position);
    Status check_mark(const Position& state);
    Status begin_log(Position last, Line& line);

    Verdict decide(Verb verb, const ListEntry* entry, const std::vector<std::string>& arguments,
                   const Caller& caller) const;
    Answer validate(Verb verb, const std::vector<std::string>& arguments, Caller& caller);
    Answer enqueue(State& state, const std::string& key, Verdict verdict, bool is_delete);

    static bool may_write(const State& state);
    void write_queued();
    void rotate();
    bool is_settled();
    void run_keeper();
    void write_batch(std::vector<Op> batch);
    Status append(std::vector<Op>& batch, std::vector<Op>& refused);
    void finish(std::vector<Op>& batch, uint64_t first_serial, std::vector<Op>& refused,
                const Error* error);
    static void fail(State& state, const Op& op, const Error& error);
    void housekeeping();
    void expire_leases();
    void report_moves();
    bool make_reserve() const;

    void run_checkpoints();
    Status checkpoint();
    Status commit_keys(const std::set<std::string>& keys, Position at);
    Status write_state(Position at);

    std::unique_ptr<mboxlist::Directory> store_;
    PublishedList& published_;
    Options options_;
    Fd lock_;
    std::unique_ptr<Recovery> recovery_;
    std::optional<Journal> journal_;  // whoever has set State::writing, after start
    uint64_t epoch_ = 0;
    Guarded<State> state_;
    Thread keeper_;
    Thread checkpointer_;
    MonotonicTime next_housekeeping_{};
    MonotonicTime next_report_{};
};

}  // namespace rookery::mupdate

#endif
