// BackendPool: the connections of one client session, one per server, opened when first needed.
// With an IdleBackends a connection that an earlier session of this process left is taken first.
//
// Owns them. get() gives a live one (an idle one that the peer closed is replaced) or an error; it
// consults the shared health table, so that a dead server answers at once (doc/ARCHITECTURE.md). A
// dead connection on which a mailbox is selected is closed's error: its owner must see to it first.
// Codes, all of which a client may be told: unavailable, timeout, closed, moved, those of the gate.
// One thread.
#ifndef ROOKERY_IMAP_BACKEND_BACKEND_POOL_H
#define ROOKERY_IMAP_BACKEND_BACKEND_POOL_H

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imap/backend/backend.h"
#include "imap/backend/health.h"
#include "imap/backend/idle_backends.h"
#include "lib/base/clock.h"

namespace rookery::backend {

class BackendPool {
 public:
    // All must outlive the pool. health: the process's; null: the pool opens one when needed.
    BackendPool(const config::Config& config, const Dialect& dialect, IdleBackends* idle = nullptr,
                Health* health = nullptr);
    ~BackendPool();
    // Whom to act for; set at login, before the first get().
    void set_user(std::string authzid) { authzid_ = std::move(authzid); }
    // Asked before each get(): its failure is what get() gives.
    void set_gate(std::function<Status(const std::string& server)> gate)
    {
        gate_ = std::move(gate);
    }
    // The client is another server that relays: what is not here is not relayed on, since two lists
    // that name each other's server would send a command round for ever. get() is Code::moved then,
    // as it always is for this server itself.
    void set_relayed(bool relayed) { relayed_ = relayed; }
    bool is_relayed() const { return relayed_; }
    Result<Backend*> get(const std::string& server);
    // One beside that, which the caller owns; as get() otherwise.
    Result<std::unique_ptr<Backend>> another(const std::string& server);
    // The caller is done with such a one, in order: it goes where hand_on() puts others.
    void give_back(std::unique_ptr<Backend> backend);
    // The open connection to server, or nullptr.
    Backend* find(const std::string& server);
    // Takes a connection that was made elsewhere (tests), instead of the one to its server.
    Backend* add(std::unique_ptr<Backend> backend);
    // Closes and forgets one (after an error on it) or all (logout).
    void drop(Backend* backend);
    void drop_all();
    // The session has ended as it should: what another may use goes to the IdleBackends.
    void hand_on();
    // The same for one whose last line the client is told: gives that, as IdleBackends::put() does.
    // The pool has it no more then, but after unsupported.
    Result<std::string> hand_on(Backend* backend);
    // Health::missing of this pool's service.
    Announced missing(const std::function<bool(const std::string& server)>& counts);
    // Each open connection, for polling and NOOP.
    std::vector<Backend*> open_connections();
    // Logs out where nothing was asked for since backend_idle_timeout and no mailbox is selected;
    // gives when the next one is due. Between commands only: get()'s pointers may end here.
    Deadline close_idle();

 private:
    Health& health();
    Result<std::unique_ptr<Backend>> open(const std::string& server);
    Result<std::unique_ptr<Backend>> connect(const std::string& server);
    Result<std::unique_ptr<Backend>> connect_anew(const std::string& server,
                                                  const ConnectOptions& options);

    const config::Config& config_;
    const Dialect& dialect_;
    IdleBackends* idle_;
    std::string authzid_;
    std::function<Status(const std::string& server)> gate_;
    bool relayed_ = false;
    Health* health_;
    std::optional<Health> own_health_;  // opened when first needed, after the fork
    struct Open {
        std::unique_ptr<Backend> backend;
        MonotonicTime used;
    };
    std::map<std::string, Open> connections_;
};

}  // namespace rookery::backend

#endif
