// What REPLACE and UID REPLACE name in front of the new message (RFC 8508 3.2).
//
// Codes: syntax, limit, and the reader's.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_REPLACE_TARGET_H
#define ROOKERY_IMAP_IMAPD_SELECTED_REPLACE_TARGET_H

#include <string>

#include "imap/imapd/command_reader.h"
#include "imap/model/sequence_set.h"
#include "lib/base/result.h"

namespace rookery::imapd {

struct ReplaceTarget {
    model::SequenceSet message;  // one number, or "*"
    std::string mailbox;         // as the client wrote it
};

// SP seq-number SP mailbox; what follows is as in APPEND.
Result<ReplaceTarget> parse_replace_target(CommandReader& reader);

}  // namespace rookery::imapd

#endif
