// Server: the connections of a mupdate process and the threads that serve them.
//
// One poller thread holds all idle connections; workers, all made at start, take what has become
// ready and give it back after a turn. A published change wakes the poller, which gives every
// listener that is behind to a worker: a slow one is waited for by poll, never by a thread.
// A worker whose connection has changes to commit takes others that are ready, up to kTogether
// changes, before it waits: so what comes at one time is one commit and wakes one thread.
// Connections that have not logged in have places (Lobby) and a share of the workers of their own;
// those that have take neither. No worker and not the poller ever waits for a client.
// Codes: io (threads, pipe). Thread rule: adopt and wake from any thread.
#ifndef ROOKERY_IMAP_MUPDATE_SERVER_SERVER_H
#define ROOKERY_IMAP_MUPDATE_SERVER_SERVER_H

#include <poll.h>

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "imap/mupdate/server/connection.h"
#include "imap/mupdate/server/lobby.h"
#include "imap/mupdate/server/thread.h"
#include "lib/base/guarded.h"

namespace rookery::mupdate {

class Server {
 public:
    static constexpr size_t kDumpWorkers = 2;
    static constexpr size_t kTogether = 32;
    struct Options {
        size_t workers = 50;
        size_t connections_max = 128;    // that have logged in
        size_t connections_login = 256;  // that have not
    };
    // The context must outlive the server.
    Server(const ServerContext& context, Options options);
    ~Server();

    Status start();
    // Serves an accepted connection, or says BYE: too many, or not ready.
    void adopt(Fd client);
    // Something was published.
    void wake();
    // A replica that has no list yet takes no clients.
    void set_ready(bool ready) { ready_ = ready; }
    // Ends everything; a word to those that may get one.
    void stop();

 private:
    struct Held {
        std::unique_ptr<Connection> connection;
        Connection::Wants wants = Connection::Wants::input;
    };
    // What a worker has in hand.
    struct Turns {
        std::vector<std::unique_ptr<Connection>> committing;
        size_t changes = 0;  // theirs
        // Those whose change was answered just now: the next one comes soon.
        std::vector<std::unique_ptr<Connection>> lingering;
        std::vector<Held> done;
    };
    enum class Queue : unsigned char { ready, logins, dumps };
    struct Shared {
        std::deque<std::unique_ptr<Connection>> ready;
        // Those that have not logged in wait for one of login_workers_: to check a password may
        // take its time, and there is no end of those who try.
        std::deque<std::unique_ptr<Connection>> logins;
        size_t logging_in = 0;
        // Those that send a whole list, or have more commands than one turn can run, wait for one
        // of kDumpWorkers, so that many replicas that synchronise at once, or nodes that never
        // pause, leave workers and processors to everybody else.
        std::deque<std::unique_ptr<Connection>> dumps;
        size_t dumping = 0;
        std::vector<Held> returned;
        bool stopping = false;

        std::deque<std::unique_ptr<Connection>>& of(Queue queue);
    };

    void run_poller();
    void run_worker();
    static void make_ready(Shared& shared, std::unique_ptr<Connection> connection);
    enum class Taken : unsigned char { one, none, stopping };
    std::optional<Queue> next(const Shared& shared) const;
    Taken take(std::unique_ptr<Connection>& connection, Queue& from, bool may_wait);
    void take_turn(std::unique_ptr<Connection> connection, Queue from, Turns& turns);
    void drop(std::unique_ptr<Connection> connection);
    void commit(Turns& turns);
    size_t run_lingering(Turns& turns, int wait_ms);
    void linger(Turns& turns);
    void give_back(Turns& turns);
    bool has_ready();
    void collect(std::vector<Held>& idle);
    void dispatch(std::vector<Held>& idle, const std::vector<pollfd>& fds);

    const ServerContext& context_;
    Options options_;
    Guarded<Shared> shared_;
    Pipe wake_pipe_;
    std::atomic<bool> woken_{false};
    std::atomic<bool> ready_{true};
    const size_t login_workers_;
    Lobby lobby_;
    std::atomic<size_t> logged_in_{0};
    std::atomic<size_t> all_{0};
    std::vector<std::unique_ptr<Thread>> workers_;
    Thread poller_;
};

}  // namespace rookery::mupdate

#endif
