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

// A list that can be had from the master again: of a server that has no mailboxes of its own.
bool is_soft_list(const config::Config& config);
// What is wrong with it is the list itself: damaged, or written by a later version.
bool is_unusable(const Error& error);
// A soft list that is unusable gets another name, which is the result, and an empty one its place.
// At no time is there none: whoever reads it would say of a mailbox that it does not exist.
Result<std::string> put_list_aside(const config::Config& config);

// A list up to this size is read and checked as a whole at each start; that takes about a second.
inline constexpr uint64_t kCheckedAtStart = 64 << 20;
Result<uint64_t> list_size(const config::Config& config);

std::string list_path(const config::Config& config);
std::string kick_socket_path(const config::Config& config);

}  // namespace rookery::mboxlist

#endif
