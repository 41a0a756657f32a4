// What the session's user may do with a mailbox: imap/model/access.h, asked for that user, with the
// session's options. Codes: as there; over_quota.
#ifndef ROOKERY_IMAP_IMAPD_NAMESPACE_RIGHTS_H
#define ROOKERY_IMAP_IMAPD_NAMESPACE_RIGHTS_H

#include <optional>
#include <string>
#include <string_view>

#include "imap/imapd/session.h"
#include "imap/model/access.h"
#include "imap/model/acl.h"
#include "imap/model/mailbox_entry.h"

namespace rookery::imapd {

using model::require_settled;

model::Rights rights_on(const ImapSession& session, const model::MailboxEntry& entry);
bool may_know_of(const ImapSession& session, const model::MailboxEntry& entry);
// Is the mailbox in what LIST tells, and so in what LSUB says of a name?
bool is_listed(const ImapSession& session, const model::MailboxEntry& entry);
Status require(const ImapSession& session, const model::MailboxEntry& entry, model::Rights needed);
Status may_create_below(const ImapSession& session, const model::MailboxName& name,
                        const std::optional<model::MailboxEntry>& ancestor);
// True in the user's own tree.
bool is_own(const ImapSession& session, const model::MailboxName& name);

// over_quota if this would not fit there. Success without quotas.
Status require_quota(const ImapSession& session, const model::MailboxName& into,
                     const mailbox::QuotaUsage& more);
// Does what leaves the one make room in the other?
bool share_quota(const ImapSession& session, const model::MailboxName& a,
                 const model::MailboxName& b);

// Of the configuration.
model::Rights implicit_owner_rights(const config::Config& config);
char delete_right(const config::Config& config);
Result<std::string> canonical_identifier(const config::Config& config, std::string_view written);

}  // namespace rookery::imapd

#endif
