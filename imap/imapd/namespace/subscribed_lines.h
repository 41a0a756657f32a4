// The lines of LSUB (RFC 3501 6.3.9), from the names that a user is subscribed to.
//
// What the mailboxes are for is asked of their servers (special_use.h). Codes: limit (the pattern),
// those of the list. One thread.
#ifndef ROOKERY_IMAP_IMAPD_NAMESPACE_SUBSCRIBED_LINES_H
#define ROOKERY_IMAP_IMAPD_NAMESPACE_SUBSCRIBED_LINES_H

#include <span>
#include <string>

#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// For a reference and a pattern that CommandReader::list_pattern gave. names: in the order of the
// list.
Status put_subscribed(ImapSession& session, std::span<const model::MailboxName> names,
                      const std::string& reference, const std::string& pattern);

}  // namespace rookery::imapd

#endif
