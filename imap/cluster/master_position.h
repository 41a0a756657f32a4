// How this server stands to the mupdate master's list.
//
// The mark master-position of the local list is where the master's list stood when all was told.
// Codes: unavailable (the master refuses to say), and those of Client and of the local list. One
// thread.
#ifndef ROOKERY_IMAP_CLUSTER_MASTER_POSITION_H
#define ROOKERY_IMAP_CLUSTER_MASTER_POSITION_H

#include <optional>

#include "imap/mboxlist/directory.h"
#include "imap/mupdate/client.h"
#include "imap/mupdate/master/recovery.h"
#include "lib/config/config.h"

namespace rookery::cluster {

using mupdate::Client;
using mupdate::Position;
using mupdate::Standing;

// Asks how this server stands to the master's list, and where that is now.
struct MasterPosition {
    Standing standing = Standing::unknown;
    Position at;
};
Result<MasterPosition> ask_position(const config::Config& config, mboxlist::Directory& local,
                                    Client& master);
// This server takes the master as it is: what it last saw does not count.
Status accept_restored(mboxlist::Directory& local);
// What the mark says; none: nothing, or nothing that can be read.
std::optional<Position> last_position(mboxlist::Directory& local);
Status remember_position(mboxlist::Directory& local, const Position& at);

}  // namespace rookery::cluster

#endif
