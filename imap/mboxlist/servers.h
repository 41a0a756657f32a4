// What administrators have said of the servers whose mailboxes a list names
// (imap/model/server_states.h). A list that does not tell says nothing: all are active.
// Thread rule: that of the Directory.
#ifndef ROOKERY_IMAP_MBOXLIST_SERVERS_H
#define ROOKERY_IMAP_MBOXLIST_SERVERS_H

#include <string>
#include <vector>

#include "imap/mboxlist/directory.h"
#include "imap/model/server_states.h"
#include "lib/config/config.h"

namespace rookery::mboxlist {

model::ServerStates server_states(Directory& directory);
// Where a new top-level mailbox may go: of serverlist, or defaultserver, those that take new ones.
// unavailable: there is none.
Result<std::vector<std::string>> servers_for_new(const config::Config& config,
                                                 Directory& directory);
// maintenance, with the note for the client, if nobody is to use this server now.
Status check_in_service(Directory& directory, const std::string& server);

}  // namespace rookery::mboxlist

#endif
