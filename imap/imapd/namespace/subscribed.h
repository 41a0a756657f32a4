// What the session's user is subscribed to, wherever that is kept.
//
// Codes: unavailable and the like if the server of the INBOX cannot be asked. One thread.
#ifndef ROOKERY_IMAP_IMAPD_NAMESPACE_SUBSCRIBED_H
#define ROOKERY_IMAP_IMAPD_NAMESPACE_SUBSCRIBED_H

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

}  // namespace rookery::imapd

#endif
