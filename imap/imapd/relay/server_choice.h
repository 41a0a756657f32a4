// Where a new top-level mailbox goes: one of the servers of serverlist (serverlist_select_mode).
//
// The freespace modes ask each server for the free space of its partitions, which costs one command
// at each; a server that does not say is left out, and if none says the choice is random.
// Codes: unavailable (no server is configured, or none can be reached).
#ifndef ROOKERY_IMAP_IMAPD_RELAY_SERVER_CHOICE_H
#define ROOKERY_IMAP_IMAPD_RELAY_SERVER_CHOICE_H

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

struct ServerSpace {
    std::string server;
    uint64_t free_kilobytes = 0;
    uint64_t total_kilobytes = 0;
};

Result<std::string> choose_server(ImapSession& session);
// The choice among servers whose space is known. random: 0 to 2^32-1.
std::string choose_by_space(std::span<const ServerSpace> servers, config::ServerlistSelectMode mode,
                            uint64_t soft_usage_limit, uint32_t random);
// What follows "* METADATA ": a mailbox, and annotations of which .../freespace/total says
// "free;total" in kilobytes.
std::optional<ServerSpace> parse_space(std::string_view metadata);

}  // namespace rookery::imapd

#endif
