// What a new mailbox starts with: who may make it, its ACL, partition and unique identifier.
//
// Used by CREATE, LOCALCREATE and RENAME on a server with a store. Codes: denied, not_found (hidden
// or missing parent), bad_name, exists, unsupported (no such server or partition).
#ifndef ROOKERY_IMAP_IMAPD_NAMESPACE_PLACEMENT_H
#define ROOKERY_IMAP_IMAPD_NAMESPACE_PLACEMENT_H

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/imapd/session.h"
#include "imap/model/mailbox_entry.h"

namespace rookery::imapd {

// May the session's user make (or rename to) this name? orphans: a user's folder without an INBOX
// here is allowed (LOCALCREATE: the tree comes in any order).
Status may_create(ImapSession& session, const model::MailboxName& name,
                  const std::optional<model::MailboxEntry>& ancestor, bool orphans);
// The nearest ancestor's ACL; without one the owner gets all, at the top defaultacl.
model::Acl first_acl(const config::Config& config, const model::MailboxName& name,
                     const std::optional<model::MailboxEntry>& ancestor);
// location: "", "partition" or "server!partition", which must be this server's.
Result<std::string> choose_partition(ImapSession& session, std::string_view location,
                                     const std::optional<model::MailboxEntry>& ancestor);
// The answer to a location that choose_partition refused.
Completion bad_location(std::string_view location);
// The answer to who could not have these names at these places: where one is taken by a directory
// that the list does not know, it says what an administrator can do about that.
Completion names_taken(ImapSession& session, const Error& error,
                       std::span<const model::MailboxEntry> places);
// This name's entry, if it is here, and those of all mailboxes below it, in the order of the list.
Result<std::vector<model::MailboxEntry>> tree_of(mboxlist::Directory& directory,
                                                 const model::MailboxName& top);

}  // namespace rookery::imapd

#endif
