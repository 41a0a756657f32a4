// Home: which mailbox is a user's maildrop, and where it is: the INBOX, or with popsubfolders a
// folder of it.
//
// Codes: not_found (there is none, as far as this user may know), denied (popuseacl), and whatever
// says that it cannot be told now (behind, reserved, moved, and the list's own). One thread.
#ifndef ROOKERY_IMAP_POP3_HOME_H
#define ROOKERY_IMAP_POP3_HOME_H

#include <string>

#include "imap/mboxlist/directory.h"
#include "imap/model/acl.h"
#include "imap/model/mailbox_entry.h"
#include "lib/auth/identity.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::pop3 {

class Home {
 public:
    // keeps_mail: this server does. All is borrowed.
    Home(const config::Config& config, mboxlist::Directory& directory, bool keeps_mail)
        : config_(config), directory_(directory), keeps_mail_(keeps_mail)
    {
    }
    // folder: below the INBOX, with the separator that IMAP has; "" = the INBOX itself. Of a
    // mailbox of another server (its `server` says which) that one asks for the rights.
    Result<model::MailboxEntry> find(const auth::Identity& who, const std::string& folder);
    // May who do this to the mailbox of that entry, as it is now? moved, reserved, not_found: it is
    // not in use here now.
    Status may_change(const auth::Identity& who, const model::MailboxEntry& entry,
                      model::Rights right);
    // The same, where only rights count: they are looked up only if they do (popuseacl).
    bool heeds_rights() const { return config_.popuseacl(); }

 private:
    Result<model::MailboxName> name(const auth::Identity& who, const std::string& folder) const;
    Status require(const auth::Identity& who, const model::MailboxEntry& entry,
                   model::Rights right) const;

    const config::Config& config_;
    mboxlist::Directory& directory_;
    bool keeps_mail_;
};

}  // namespace rookery::pop3

#endif
