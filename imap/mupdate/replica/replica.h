// Replica: keeps the local mailbox list like that of the master, and answers kicks.
//
// One thread holds the UPDATE connection: a full dump, then the stream. A master that knows SINCE
// is told where the list stands, (epoch, serial) kept with each transaction, and sends only what
// changed after that. What differs is committed to the store in transactions of at most kBatch
// changes. The store's last state is served all the while; a list without names is filled at once
// when the dump has ended. Nothing is removed before a dump has ended with OK; removals beyond
// mupdate_max_deletes, all that an empty dump would mean, and all while a master recovers, are held
// back, logged and counted until accept_deletes(). A master whose list never was where this one is
// is refused until it is promoted or accept_restored() (doc/rules.md 2.5). Lost connections are
// made anew after a pause with jitter that grows.
// A second thread serves the kick socket: "ok" once everything that the master had when the kick
// came is in the store, "behind" at once when there is no master (doc/protocols/mupdate.md,
// doc/rules.md 5.1).
// Codes of load: corrupt, io. Thread rule: load before start; the first thread writes the list.
#ifndef ROOKERY_IMAP_MUPDATE_REPLICA_REPLICA_H
#define ROOKERY_IMAP_MUPDATE_REPLICA_REPLICA_H

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imap/mboxlist/list_load.h"
#include "imap/mupdate/client.h"
#include "imap/mupdate/master/server_table.h"
#include "imap/mupdate/replica/stored_list.h"
#include "imap/mupdate/server/status.h"
#include "imap/mupdate/server/thread.h"
#include "imap/mupdate/server_figures.h"
#include "lib/base/fd.h"
#include "lib/base/guarded.h"
#include "lib/config/config.h"

namespace rookery::mupdate {

class Replica {
 public:
    static constexpr size_t kBatch = 1000;

    // config, list and servers must outlive it. on_synced: the first whole list is there.
    Replica(const config::Config& config, StoredList& list, ServerTable& servers,
            std::function<void()> on_synced);
    ~Replica();

    // What the master is told of this server, from time to time; before start.
    void tell(std::function<ServerFigures()> figures) { figures_ = std::move(figures); }
    // Reads the store's last state. true: it is one that once was whole.
    Result<bool> load();
    Status start();
    void stop();

    // For STATUS and ACCEPTDELETES; any thread. false: nothing is held.
    std::vector<StatusLine> status();
    bool accept_deletes();
    // The master is taken as it is, wherever this list stood. false: none was refused.
    bool accept_restored();
    // No session gets anywhere with the list as it is; any thread.
    bool list_is_damaged() const { return list_is_damaged_; }

 private:
    // What other threads may read of the first one.
    struct Shown {
        bool connected = false;
        int64_t since = 0;  // Unix time of the last change of connected
        int64_t heard = 0;  // Unix time when it was last known to be current
        Position position;
        uint64_t held_removals = 0;
        bool accept = false;   // the next dump may remove what it likes
        bool refused = false;  // the master's list never was where this one is
        bool accept_restored = false;
    };
    struct Kicks {
        bool master = false;  // there is a connection
        bool stopping = false;
        bool again = false;       // the session is to end and begin anew
        std::vector<Fd> waiting;  // for the next NOOP
        std::vector<Fd> asked;    // for the answer to the one that was sent
    };

    void run();
    void pause();
    Status session();
    Status tell_master(Client& client);
    void show_connected(bool connected);
    Status receive_dump(Client& client);
    Status take_position(const Response& response);
    Status take_servers(const std::string& text);
    uint64_t removals_to_hold(uint64_t gone);
    Status finish_dump();
    Status finish_changes();
    Status stream(Client& client);
    Status take(const Response& response, bool in_dump);
    Status check_list();
    void look_at_list();
    Status begin_dump();
    Status add(mboxlist::Change change);
    Status add_to_load(const model::MailboxEntry& entry);
    Result<std::vector<model::MailboxName>> missing_from_dump();
    Status finish_load();
    void load_position();
    Status choose_position(bool feeder);
    std::string position_mark() const;
    std::string position_text() const;
    Status commit();
    bool is_unified() const;
    mboxlist::Change removal(model::MailboxName name) const;
    Status send_noop(Client& client);
    void put_noop(Client& client);
    void answer(bool ok);
    bool stopping();
    void run_kicks();
    Status open_kick_socket();

    const config::Config& config_;
    StoredList& list_;
    ServerTable& servers_;
    std::function<void()> on_synced_;
    std::function<ServerFigures()> figures_;
    Deadline tell_again_ = Deadline::never();
    std::vector<mboxlist::Change> batch_;
    std::vector<uint64_t> seen_;  // hashes of the keys of the dump that is being received
    std::unique_ptr<mboxlist::ListLoad> load_;  // of a dump into an empty list
    model::Acl acl_;                            // acl_text_, parsed: neighbours have the same
    std::string acl_text_;
    bool in_dump_ = false;
    bool recovering_ = false;  // the master does not have everything yet
    Position position_;        // of the store, once what waits in batch_ is committed
    bool position_moved_ = false;
    bool behind_feeder_ = false;  // position_ is one of another replica
    unsigned failures_ = 0;       // sessions in a row that never got to the stream
    bool load_failed_ = false;    // the next dump is taken without one
    bool rewrite_ = false;        // the file may be torn: every entry of the dump is written
    bool noop_sent_ = false;
    std::atomic<bool> list_is_damaged_{false};
    Guarded<Kicks> kicks_;
    Guarded<Shown> shown_;
    Pipe wake_;       // for the first thread
    Pipe stop_pipe_;  // for the second
    Fd kick_socket_;
    Thread thread_;
    Thread kick_thread_;
};

}  // namespace rookery::mupdate

#endif
