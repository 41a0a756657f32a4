// Opens the mailbox list that imapd.conf(5) describes: mboxlist_db, mboxlist_db_path.
//
// tdb (and every name that is not flat): {configdirectory}/mailboxes.tdb; flat:
// {configdirectory}/mailboxes.flat. Made if it is not there. On a server that holds a replica
// (mupdate_server is set and it is no backend of a standard murder) catch_up() kicks the mupdate
// process. Call it after the fork, once in a process: a second list on the same file is Code::busy.
// Codes: io, no_space, denied, corrupt (not a list of ours: never overwritten), unsupported
// (newer).
#ifndef ROOKERY_IMAP_MBOXLIST_OPEN_DIRECTORY_H
#define ROOKERY_IMAP_MBOXLIST_OPEN_DIRECTORY_H

#include <memory>
#include <string>

#include "imap/mboxlist/directory.h"
#include "imap/mboxlist/store_directory.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::mboxlist {

Result<std::unique_ptr<Directory>> open_directory(const config::Config& config);

struct ListOptions {
    // False: a commit survives the end of this process, not loss of power. For a replica, which
    // stamps what it writes with db::boot_identity() and loads a full dump under another one.
    bool durable = true;
    std::string path;  // "" = from the configuration
};
// Without the kick: for whoever is the mupdate process, and for tools.
Result<std::unique_ptr<StoreDirectory>> open_list(const config::Config& config,
                                                  const ListOptions& options = {});

std::string list_path(const config::Config& config);
std::string kick_socket_path(const config::Config& config);

}  // namespace rookery::mboxlist

#endif
