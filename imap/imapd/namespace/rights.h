// What the session's user may do with a mailbox, and how a refusal is put (RFC 4314,
// doc/protocols/cyrus.md 9).
//
// Whoever may not look a mailbox up is told that it does not exist. Pure functions of the session's
// identity, the entry's ACL and the options. Codes: denied, not_found, reserved, moved,
// over_quota.
#ifndef ROOKERY_IMAP_IMAPD_NAMESPACE_RIGHTS_H
#define ROOKERY_IMAP_IMAPD_NAMESPACE_RIGHTS_H

#include <optional>
#include <string>
#include <string_view>

#include "imap/imapd/session.h"
#include "imap/model/acl.h"
#include "imap/model/mailbox_entry.h"

namespace rookery::imapd {

// implicit_owner_rights and deleteright of the configuration.
model::Rights implicit_owner_rights(const config::Config& config);
char delete_right(const config::Config& config);

// Everything the user may do there, what is implicit included.
model::Rights rights_on(const ImapSession& session, const model::MailboxEntry& entry);
// May the user know that the mailbox is there? Whoever has no right that concerns it is told what
// is told of a name that does not exist.
bool may_know_of(const ImapSession& session, const model::MailboxEntry& entry);
// Success if the user has all of needed; else denied, or not_found without l.
Status require(const ImapSession& session, const model::MailboxEntry& entry, model::Rights needed);
// May the user make a mailbox of this name, whose nearest ancestor is that one, or none? An
// ancestor that he does not see is to him as if it were not there.
Status may_create_below(const ImapSession& session, const model::MailboxName& name,
                        const std::optional<model::MailboxEntry>& ancestor);
// True in the user's own tree.
bool is_own(const ImapSession& session, const model::MailboxName& name);
// Success if the mailbox may be changed now: not half created, not on its way to another server
// (doc/rules.md 4.2, 6.1).
Status require_settled(const model::MailboxEntry& entry);

// over_quota if this would not fit there. Success without quotas.
Status require_quota(const ImapSession& session, const model::MailboxName& into,
                     const mailbox::QuotaUsage& more);

// The identifier of an ACL entry in its canonical form; bad_name if there can be no such.
Result<std::string> canonical_identifier(const config::Config& config, std::string_view written);

}  // namespace rookery::imapd

#endif
