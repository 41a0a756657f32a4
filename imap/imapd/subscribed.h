// What the session's user is subscribed to, wherever that is kept.
//
// Codes: unavailable and the like if the server of the INBOX cannot be asked. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SUBSCRIBED_H
#define ROOKERY_IMAP_IMAPD_SUBSCRIBED_H

#include <string>
#include <string_view>
#include <vector>

#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

inline constexpr size_t kMaxLsubLine = 16384;

// In the order of the list.
Result<std::vector<model::MailboxName>> subscribed_names(ImapSession& session);
// By this server.
Result<std::vector<model::MailboxName>> subscribed_names_at(ImapSession& session,
                                                            backend::Backend& backend);
// The string at the end of a response's line: quoted, literal or atom.
std::string last_string(std::string_view line);

}  // namespace rookery::imapd

#endif
