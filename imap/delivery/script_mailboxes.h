// Mailboxes as a recipient's Sieve script names them: by name, by MAILBOXID (RFC 9042) and by what
// they are for (RFC 8579).
//
// Names are UTF-8 as the user's clients show them, in the user's own namespace; an ASCII name that
// reads as modified UTF-7 is that. The script of a shared mailbox has no user: its names are those
// of the standard namespace, and INBOX is the mailbox itself. A mailbox on another server is there
// too, but what it is for is known where it is.
// Borrows everything. Codes: not_found (or nothing may be put into it), bad_name, and those of the
// list. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_SCRIPT_MAILBOXES_H
#define ROOKERY_IMAP_DELIVERY_SCRIPT_MAILBOXES_H

#include <functional>
#include <string>

#include "imap/delivery/recipients.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mboxlist/directory.h"
#include "imap/model/access.h"
#include "lib/auth/identity.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::delivery {

// What a script calls a mailbox, as its internal name. bad_name.
Result<model::MailboxName> script_mailbox(const config::Config& config, const Recipient& recipient,
                                          const std::string& name);
// The other way round, for the same script; "" for what it cannot name.
std::string script_mailbox_name(const config::Config& config, const Recipient& recipient,
                                const model::MailboxName& mailbox);
// Whose rights count: the user's; nobody in particular for a shared mailbox.
auth::Identity script_owner(const config::Config& config, const Recipient& recipient);

class ScriptMailboxes {
 public:
    static constexpr size_t kMaxLooked = 10000;  // mailboxes that one search looks at

    // store: null where there is none.
    ScriptMailboxes(const config::Config& config, mboxlist::Directory& directory,
                    mailbox::MailboxStore* store, const Recipient& recipient);

    // One that mail may be put into: by rights p or i; the own INBOX in any case.
    Result<model::MailboxEntry> named(const std::string& name);
    // Any, whatever the rights.
    Result<model::MailboxEntry> find(const std::string& name);
    // The first of the user's own, or of those that the ACL names the user or anyone for.
    Result<model::MailboxEntry> with_id(const std::string& id);
    // The one of this name if it is for that, else the first of the user's own (RFC 8579 4).
    Result<model::MailboxEntry> with_use(const std::string& attribute, const std::string& name);
    bool is_for(const model::MailboxEntry& entry, const std::string& attribute);
    bool may_deliver(const model::MailboxEntry& entry) const;
    model::Rights rights(const model::MailboxEntry& entry) const;

 private:
    using Wanted = std::function<bool(const model::MailboxEntry&)>;
    Result<model::MailboxEntry> first_own(const Wanted& wanted);

    const config::Config& config_;
    mboxlist::Directory& directory_;
    mailbox::MailboxStore* store_;
    const Recipient& recipient_;
    model::AccessOptions access_;
    auth::Identity owner_;
};

}  // namespace rookery::delivery

#endif
