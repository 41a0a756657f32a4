// ServerTable: the states of servers (imap/model/server_states.h) as a mupdate process has them.
//
// The master keeps them in a file of its own, which is replaced before a change is answered; a
// replica has them from its master. Each change gets a number, by which a connection knows that it
// has to tell its listener. Not a part of (epoch, serial): who follows is told all of it at once.
// Codes of open: corrupt, unsupported, io; of set: syntax, limit, io, no_space.
// Thread rule: any thread; the lock is inside.
#ifndef ROOKERY_IMAP_MUPDATE_MASTER_SERVER_TABLE_H
#define ROOKERY_IMAP_MUPDATE_MASTER_SERVER_TABLE_H

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "imap/model/server_states.h"
#include "imap/mupdate/server/status.h"
#include "lib/base/guarded.h"

namespace rookery::mupdate {

class ServerTable {
 public:
    ServerTable() = default;
    // The file at path, which need not be there: then what the list says, for one that was a
    // replica's before.
    static Result<std::unique_ptr<ServerTable>> open(const std::string& path,
                                                     std::string_view mark);

    // Called after every change, without the lock.
    void set_listener(std::function<void()> listener) { listener_ = std::move(listener); }

    // The master's: durable when it returns.
    Status set(std::string_view server, model::ServerState state, std::string_view note);
    // A replica's.
    Status replace(std::string_view text);

    uint64_t version() const { return state_.lock()->version; }
    // The text, and of which version it is.
    std::string text(uint64_t& version) const;
    // "state" server word note.
    std::vector<StatusLine> status() const;

 private:
    struct State {
        model::ServerStates servers;
        uint64_t version = 1;
    };

    std::string path_;
    mutable Guarded<State> state_;
    std::function<void()> listener_;
};

}  // namespace rookery::mupdate

#endif
