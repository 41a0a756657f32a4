// Changes of the namespace at another server: where they go, and what this server knows after them.
//
// Codes: syntax (no location). What goes wrong at the server is in the Completion. One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_REMOTE_NAMESPACE_H
#define ROOKERY_IMAP_IMAPD_RELAY_REMOTE_NAMESPACE_H

#include <string>

#include "imap/backend/backend.h"
#include "imap/imapd/relay/channel.h"
#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// An administrator's word for where a mailbox is to be: a known server, "server!partition", or a
// partition.
struct ChosenPlace {
    std::string server;     // "" = as the router chose
    std::string partition;  // "" = as that server likes
    // The partition may be a server that nobody has told this one of: a new one without mailboxes.
    bool may_be_server = false;
};
Result<ChosenPlace> chosen_place(ImapSession& session, const std::string& word);
// A Cyrus backend takes a partition as an atom only; its names are letters and digits.
void add_partition(RelayChannel& channel, const std::string& partition);
// CREATE at that server. parameters: a list (RFC 4466), or "".
Completion create_at(ImapSession& session, Command& command, backend::Backend& target,
                     const std::string& partition, const std::string& parameters);
// CREATE of the command's mailbox where an administrator wants it; the command has been read.
// chosen: the server where it goes if the place names none; "" if there is none.
Completion create_there(ImapSession& session, Command& command, const ChosenPlace& place,
                        const std::string& chosen);
// Read your writes: the next command of any session here sees it. If the master cannot be asked the
// change was made all the same.
void caught_up(ImapSession& session);

}  // namespace rookery::imapd

#endif
