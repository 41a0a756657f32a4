// Recipients: from an address to the mailbox and the server that holds it
// (doc/protocols/cyrus.md 7).
//
// A miss or a reserved entry makes the list catch up once; what the list cannot know then is a
// temporary error, never "unknown". Borrows config and directory. Codes: not_found, bad_name,
// syntax, limit (of the address), denied (no right to post), reserved, moved, behind, and what the
// Directory fails with, as one of the others or as io. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_RECIPIENTS_H
#define ROOKERY_IMAP_DELIVERY_RECIPIENTS_H

#include <functional>
#include <optional>
#include <string>

#include "imap/delivery/address.h"
#include "imap/mboxlist/directory.h"
#include "imap/model/access.h"
#include "imap/model/mailbox_entry.h"
#include "imap/model/mailbox_name.h"
#include "imap/model/namespace.h"
#include "lib/auth/identity.h"
#include "lib/base/result.h"

namespace rookery::config {
class Config;
}

namespace rookery::delivery {

struct Recipient {
    std::string address;                       // as given, without brackets
    model::MailboxName mailbox;                // the user's INBOX, or the shared mailbox
    std::optional<model::MailboxName> folder;  // user+detail: tried first
    std::string userid;                        // "" for a shared mailbox
    std::string server;                        // "" = here
    bool ignore_quota = false;                 // the caller's to set
};

// Makes the mailboxes of a user who has none (autocreate_post), here or where the list will say.
// False: this user gets none. Every error is this system's, for now.
using MakeUser = std::function<Result<bool>(const std::string& userid)>;

class Recipients {
 public:
    // make_user: none = who has no INBOX is unknown.
    Recipients(const config::Config& config, mboxlist::Directory& directory,
               MakeUser make_user = nullptr);
    Result<Recipient> resolve(const Address& to, const auth::Identity& sender);
    // A shared mailbox, to which the sender may post; address: as others are to call it.
    Result<Recipient> resolve(const model::MailboxName& shared, std::string address,
                              const auth::Identity& sender);
    // The entry that a local delivery goes to: the folder, or with lmtp_fuzzy_mailbox_match one
    // like it, if it is here and the sender may post to it; else the mailbox itself. To be asked
    // right before the delivery.
    Result<model::MailboxEntry> target(const Recipient& recipient, const auth::Identity& sender);
    // The recipient's mailbox itself, whatever folder was named.
    Result<model::MailboxEntry> inbox(const Recipient& recipient);
    // After a backend said that it does not have the mailbox: the server that has it now.
    Result<std::string> look_again(const Recipient& recipient);

 private:
    Result<Recipient> resolve_user(const Address& to, std::string user,
                                   const std::optional<std::string>& detail,
                                   bool may_make = false);
    bool makes_users() const;
    Result<model::MailboxEntry> find_new(const model::MailboxName& inbox);
    Result<model::MailboxEntry> make_inbox(const std::string& user,
                                           const model::MailboxName& inbox);
    Result<Recipient> resolve_postmaster(const Address& to);
    Result<Recipient> resolve_shared(const Address& to, const std::string& name,
                                     const auth::Identity& sender);
    Result<model::MailboxEntry> find_folder(const Recipient& recipient);
    // The entry of a mailbox that can take mail now, without asking anybody, and after asking.
    Result<model::MailboxEntry> look_up(const model::MailboxName& name);
    Result<model::MailboxEntry> find(const model::MailboxName& name);
    Status catch_up();
    bool may_post(const auth::Identity& sender, const model::MailboxEntry& entry) const;

    const config::Config& config_;
    mboxlist::Directory& directory_;
    MakeUser make_user_;
    model::NamespaceOptions options_;
    model::AccessOptions access_;
};

// Whom the AUTH= of a MAIL command names; nobody in particular without one.
auth::Identity sender_identity(const std::optional<std::string>& auth_parameter);

// The one address of the recipient's account, whichever his mail came to; with a domain.
std::string account_address(const config::Config& config, const Recipient& recipient);
// The address that his mail came to, without its detail; the account's where it has no domain.
std::string written_address(const config::Config& config, const Recipient& recipient);

}  // namespace rookery::delivery

#endif
