// What commands on trees of mailboxes have in common.
#ifndef ROOKERY_IMAP_IMAPD_NAMESPACE_TREE_H
#define ROOKERY_IMAP_IMAPD_NAMESPACE_TREE_H

#include <span>
#include <string_view>

#include "imap/imapd/session.h"
#include "imap/model/mailbox_entry.h"

namespace rookery::imapd {

inline constexpr std::string_view kNotOnOneServer =
    "[CANNOT] This mailbox hierarchy does not exist on a single backend server.";

inline constexpr std::string_view kHasChildren =
    "[HASCHILDREN] Mailbox has inferior hierarchical names";

// If one of them is this session's selected mailbox, the session leaves it first.
void leave_if_selected(ImapSession& session, std::span<const model::MailboxEntry> entries);

}  // namespace rookery::imapd

#endif
