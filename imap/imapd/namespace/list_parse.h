// What a LIST command asks for (RFC 3501 6.3.8, 5258, 5819, 6154, 8440, 9590).
//
// Codes: syntax, limit (patterns, mboxlist::kMaxListPatterns), and the reader's.
#ifndef ROOKERY_IMAP_IMAPD_NAMESPACE_LIST_PARSE_H
#define ROOKERY_IMAP_IMAPD_NAMESPACE_LIST_PARSE_H

#include <optional>
#include <string>
#include <vector>

#include "imap/imapd/command_reader.h"
#include "imap/imapd/namespace/metadata_parse.h"
#include "imap/imapd/namespace/status_items.h"
#include "lib/base/result.h"

namespace rookery::imapd {

struct ListRequest {
    std::string reference;
    std::vector<std::string> patterns;
    bool extended = false;  // one of the following, or a list of patterns
    // --- which mailboxes
    bool select_subscribed = false;
    bool select_special_use = false;
    bool recursive_match = false;
    bool remote = false;  // all servers are shown anyway; the client follows referrals
    // --- what of them
    bool return_subscribed = false;
    bool return_children = false;
    bool return_special_use = false;
    bool return_myrights = false;
    std::optional<StatusNames> return_status;
    std::optional<MetadataRequest> return_metadata;
};

// Behind the command's name: SP ["(" options ")" SP] reference SP patterns [SP "RETURN" ...] CRLF
Result<ListRequest> parse_list(CommandReader& reader);

}  // namespace rookery::imapd

#endif
