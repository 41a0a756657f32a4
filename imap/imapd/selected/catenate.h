// CATENATE (RFC 4469): a message that the client puts together from texts and from parts of
// messages that are there already.
//
// At most kMaxCatenated parts, and no more bytes than APPEND takes. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_CATENATE_H
#define ROOKERY_IMAP_IMAPD_SELECTED_CATENATE_H

#include <optional>
#include <string_view>

#include "imap/imapd/relay/message_parts.h"
#include "imap/imapd/session.h"

namespace rookery::imapd {

inline constexpr size_t kMaxCatenated = 1000;
inline constexpr std::string_view kCatenate = "CATENATE";

// SP "(" cat-part *(SP cat-part) ")", the bytes to take in pieces. The answer, if it fails; then
// the rest of the command is unread.
std::optional<Completion> receive_catenated(ImapSession& session, MessageParts& parts,
                                            const TakePiece& take);

}  // namespace rookery::imapd

#endif
