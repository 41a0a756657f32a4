// RelayedSearch: a search at another server, which knows it by another tag than the client: what it
// says of it is told by the client's.
//
// Made beside the command's channel, whose filter it is, and lives as long. One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_RELAYED_SEARCH_H
#define ROOKERY_IMAP_IMAPD_RELAY_RELAYED_SEARCH_H

#include <optional>
#include <string_view>

#include "imap/imapd/relay/channel.h"
#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// What a server says of how far a command of ours has come (RFC 9585), with the client's tag. none:
// it is something else.
std::optional<backend::Reply> progress_told(const backend::Reply& reply, std::string_view tag);

class RelayedSearch {
 public:
    RelayedSearch(ImapSession& session, const Command& command, RelayChannel& channel);
    RelayedSearch(const RelayedSearch&) = delete;
    RelayedSearch& operator=(const RelayedSearch&) = delete;
    // Its server does not follow the results (RFC 5267 4.3.1).
    bool is_refused() const { return is_refused_; }

 private:
    Result<bool> tell(backend::ReplyReader& replies, const backend::Reply& reply);

    ImapSession& s_;
    const Command& command_;
    RelayChannel& channel_;
    bool is_refused_ = false;
};

}  // namespace rookery::imapd

#endif
