// Ahead: what would be in the way of moves, asked of both ends, nothing being moved. For murder's
// main only.
//
// A destination of ours is asked whether it would take these names on these partitions (SYNCGET
// ROOM), one of Cyrus only which names it has: what its partitions are it does not say. One
// connection for each server. One thread.
#ifndef ROOKERY_IMAP_ADMIN_MURDER_AHEAD_H
#define ROOKERY_IMAP_ADMIN_MURDER_AHEAD_H

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "imap/admin/murder/transfer.h"
#include "imap/admin/murder/witness.h"
#include "imap/sync/client.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::admin::murder {

// Success if a move there could begin: it can be reached and takes mailboxes from our login.
Status check_destination(const config::Config& config, const std::string& server);

class Ahead {
 public:
    // All must outlive it.
    Ahead(const config::Config& config, Witness& witness) : config_(config), witness_(witness) {}
    ~Ahead();

    // Success if nothing is in its way; else what is.
    Status can(const PlannedMove& move);

 private:
    using Destination = std::unique_ptr<sync::SyncClient>;
    Result<sync::SyncClient*> destination(const std::string& server);
    Status check_source(const PlannedMove& move);
    Status ask_for_room(sync::SyncClient& there, const PlannedMove& move);
    Status look_for_names(sync::SyncClient& there, const PlannedMove& move);

    const config::Config& config_;
    Witness& witness_;
    std::map<std::string, Result<Source>> sources_;
    std::map<std::string, Result<Destination>> destinations_;
};

// Told for each: where it can go, or what is in the way. Gives how many cannot.
enum class SourceShown { no, yes };
size_t try_moves(Ahead& ahead, const std::vector<PlannedMove>& moves, SourceShown shown);

}  // namespace rookery::admin::murder

#endif
