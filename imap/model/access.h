// What somebody may do with a mailbox, and how a refusal is put (RFC 4314,
// doc/protocols/cyrus.md 9): the same for every protocol.
//
// Whoever may not look a mailbox up is told that it does not exist. Functions of who asks, the
// entry with its ACL, and what the configuration says (mboxlist::access_options); nothing is looked
// up but the groups of who asks, where an ACL names one. Codes: denied, not_found, reserved, moved,
// bad_name.
#ifndef ROOKERY_IMAP_MODEL_ACCESS_H
#define ROOKERY_IMAP_MODEL_ACCESS_H

#include <optional>
#include <string>
#include <string_view>

#include "imap/model/acl.h"
#include "imap/model/mailbox_entry.h"
#include "imap/model/mailbox_name.h"
#include "lib/auth/identity.h"
#include "lib/base/result.h"

namespace rookery::model {

struct AccessOptions {
    Rights implicit_owner_rights = {};  // what owners always have
    char delete_right = 'c';            // the letter that also stands for x
    bool administer_is_write = false;   // a includes w
    bool lower_case_userids = false;    // user ids are canonical in lower case
    std::string default_domain = {};    // its users go without it; "" = there is none
};

// Everything that who may do there, what is implicit included.
Rights rights_on(const auth::Identity& who, const MailboxEntry& entry,
                 const AccessOptions& options);
// May who know that the mailbox is there? Whoever has no right that concerns it is told what is
// told of a name that does not exist.
bool may_know_of(const auth::Identity& who, const MailboxEntry& entry,
                 const AccessOptions& options);
// Is the mailbox in the list of mailboxes of who? A proxied administrator sees what an ordinary
// user sees, another server of the murder nothing that is elsewhere.
bool is_listed(const auth::Identity& who, const MailboxEntry& entry, const AccessOptions& options);
// Success if who has all of needed; else denied, or not_found without l.
Status require(const auth::Identity& who, const MailboxEntry& entry, Rights needed,
               const AccessOptions& options);
// May who make a mailbox of this name, whose nearest ancestor is that one, or none? An ancestor
// that he does not see is to him as if it were not there.
Status may_create_below(const auth::Identity& who, const MailboxName& name,
                        const std::optional<MailboxEntry>& ancestor, const AccessOptions& options);
// True in the tree of that INBOX.
bool is_own(const MailboxName& inbox, const MailboxName& name);

// Success if the mailbox may be changed now, delivered to, flagged, renamed: not half created, not
// on its way to another server (doc/rules.md 4.2, 6.1).
Status require_settled(const MailboxEntry& entry);

// The identifier of an ACL entry in its canonical form; bad_name if there can be no such.
Result<std::string> canonical_identifier(std::string_view written, const AccessOptions& options);

}  // namespace rookery::model

#endif
