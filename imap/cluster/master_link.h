// MasterLink: what a server says to its mupdate master about its own mailboxes, and asks it.
//
// Each call is a part of an operation (operations.h); none changes the local list. A server without
// a murder has a link that is never connected: connect() gives null, and whoever gets null has
// nobody to tell. Owns nothing but what it is given; one thread.
// Codes: no_master (it cannot be reached, or the connection was lost), exists and the other codes
// of a NO (the master refuses), and those of Client.
#ifndef ROOKERY_IMAP_CLUSTER_MASTER_LINK_H
#define ROOKERY_IMAP_CLUSTER_MASTER_LINK_H

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "imap/mboxlist/directory.h"
#include "imap/model/mailbox_entry.h"
#include "imap/mupdate/client.h"
#include "lib/config/config.h"

namespace rookery::cluster {

using mupdate::Client;

class MasterLink {
 public:
    MasterLink(const config::Config& config, mboxlist::Directory& list)
        : config_(config), list_(list)
    {
    }

    // True if there is a master to tell.
    bool is_needed() const;
    // A session with a master whose list is the one that this server knew; null if none is needed.
    Result<std::unique_ptr<Client>> connect() const;
    // "servername!partition": where the master is told that an entry of ours is.
    std::string location(const model::MailboxEntry& entry) const;

    // All or none; what was got before a refusal is given back by the caller.
    Status reserve(std::span<const model::MailboxEntry> entries, Client& master) const;
    // Undoes a RESERVE: the name is given back if it is reserved for us.
    Status give_back(const model::MailboxEntry& entry, Client& master) const;
    // One answer for each entry: true, or false where the master refuses (logged as a conflict;
    // refused is the last reason). What it refuses for now only, a full disk, is no_master.
    Result<std::vector<bool>> activate(std::span<const model::MailboxEntry> entries, Client& master,
                                       std::optional<Error>* refused = nullptr) const;
    Result<bool> activate(const model::MailboxEntry& entry, Client& master,
                          std::optional<Error>* refused = nullptr) const;
    // DELETE, if the name is still here at the master.
    Status remove(const model::MailboxEntry& entry, Client& master) const;

 private:
    const config::Config& config_;
    mboxlist::Directory& list_;
};

}  // namespace rookery::cluster

#endif
