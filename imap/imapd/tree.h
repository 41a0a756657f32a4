// Changing many mailboxes as one: renames of trees, for RENAME and DELETE.
//
// rename_mailboxes moves from[i] to to[i] in the store and in the list, in batches that the list
// takes at once; a batch that fails in the store is undone there. What earlier batches did stays,
// so the order of the entries decides what a failure leaves. Codes: those of Directory::rename
// and of the store.
#ifndef ROOKERY_IMAP_IMAPD_TREE_H
#define ROOKERY_IMAP_IMAPD_TREE_H

#include <span>
#include <string_view>

#include "imap/imapd/session.h"
#include "imap/model/mailbox_entry.h"

namespace rookery::imapd {

inline constexpr std::string_view kNotOnOneServer =
    "[CANNOT] This mailbox hierarchy does not exist on a single backend server.";

Status rename_mailboxes(ImapSession& session, std::span<const model::MailboxEntry> from,
                        std::span<const model::MailboxEntry> to);
// If one of them is this session's selected mailbox, the session leaves it first.
void leave_if_selected(ImapSession& session, std::span<const model::MailboxEntry> entries);

}  // namespace rookery::imapd

#endif
