// A quota root whose mailboxes are on several servers: each server counts and limits its own, and
// knows nothing of the others' (man proxyd).
//
// Codes: those of the pool. What a server refuses is in the Completion. One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_QUOTA_SERVERS_H
#define ROOKERY_IMAP_IMAPD_RELAY_QUOTA_SERVERS_H

#include <string>
#include <string_view>

#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// GETQUOTA: what is used on all servers together, of the highest limit.
Result<Completion> get_quota_everywhere(ImapSession& session, const Command& command);
// SETQUOTA at each of them. limits: "(STORAGE 512)".
Result<Completion> set_quota_everywhere(ImapSession& session, const Command& command,
                                        std::string_view limits);

}  // namespace rookery::imapd

#endif
