// A quota root whose mailboxes are on several servers: each server counts and limits its own, and
// knows nothing of the others' (man proxyd).
//
// Codes: those of the pool. What a server refuses is in the Completion. One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_QUOTA_SERVERS_H
#define ROOKERY_IMAP_IMAPD_RELAY_QUOTA_SERVERS_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "imap/backend/backend.h"
#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// What a client says in SETQUOTA of one resource; no limit: -1.
struct QuotaLimitArgument {
    std::string name;  // upper case
    std::optional<uint64_t> limit;
};
// "(STORAGE 512)", by the names that this server knows: those of RFC 9208 where it announces
// QUOTASET, else those that Cyrus had before.
std::string limits_for(const backend::Backend& backend, std::span<const QuotaLimitArgument> limits);

// GETQUOTA: what is used on all servers together, of the highest limit.
Result<Completion> get_quota_everywhere(ImapSession& session, const Command& command);
// The same for the answer to another command. None if one server answers for the root, or if it is
// not this user's to ask all of them: then what that one says is the answer.
Result<std::optional<Completion>> put_quota_of(ImapSession& session, const std::string& root);
// SETQUOTA at each of them.
Result<Completion> set_quota_everywhere(ImapSession& session, const Command& command,
                                        std::span<const QuotaLimitArgument> limits);

}  // namespace rookery::imapd

#endif
