// One message of APPEND or REPLACE on its way into this server: flags, date and bytes, as the
// client sends them (RFC 3501 6.3.11, 3516 4.4, 4469, 8508).
//
// The bytes stream into a staged file and are looked at on their way: what is no message, or is too
// large, is refused, and what is in binary becomes base64. The literal is read to its end whatever
// happens, so that the connection stays in step. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_INCOMING_MESSAGE_H
#define ROOKERY_IMAP_IMAPD_SELECTED_INCOMING_MESSAGE_H

#include <optional>
#include <string>
#include <vector>

#include "imap/imapd/relay/message_parts.h"
#include "imap/imapd/selected/local_append.h"
#include "imap/imapd/session.h"

namespace rookery::imapd {

// From the space in front of the flags to the end of the literal, or of what is put together.
// Behind the last one of messages, or the answer why not. parts: for all messages of the command.
std::optional<Completion> receive_message(ImapSession& session, const std::string& partition,
                                          MessageParts& parts, std::vector<Incoming>& messages);

}  // namespace rookery::imapd

#endif
