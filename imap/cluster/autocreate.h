// Autocreate: the mailboxes of a user who has none yet, as the autocreate_ options say.
//
// The INBOX is made with its quota, subscription and script before anybody sees it: by one of all
// who try at once, known by the lock of its name. Who made it makes the folders. One of these that
// cannot be made, a subscription, a script, are logged, and keep nobody out.
// Borrows everything. Codes of make(): those of Operations::create but exists; moved: the user's
// INBOX is at another server. One thread.
#ifndef ROOKERY_IMAP_CLUSTER_AUTOCREATE_H
#define ROOKERY_IMAP_CLUSTER_AUTOCREATE_H

#include <string>
#include <string_view>

#include "imap/cluster/operations.h"
#include "imap/mailbox/quota.h"
#include "imap/model/namespace.h"
#include "lib/auth/identity.h"
#include "lib/config/config.h"

namespace rookery::cluster {

// True if a new user of this name gets mailboxes: no administrator, no server, not anonymous.
bool may_autocreate(const config::Config& config, std::string_view userid,
                    const auth::Groups& groups);
// The same of a user that nobody has logged in as.
bool may_autocreate(const config::Config& config, const std::string& userid);

class Autocreate {
 public:
    Autocreate(const config::Config& config, Operations& operations, mailbox::Quotas* quotas);
    // The user has an INBOX now, whoever made it.
    Status make(const std::string& userid);

 private:
    Status make_inbox(const std::string& userid, const model::MailboxName& inbox);
    void make_folders(const std::string& userid, const model::MailboxName& inbox);
    void subscribe(const std::string& userid, const model::MailboxName& inbox);
    Status make_folder(const std::string& userid, const std::string& folder);
    void give_script(const std::string& userid);
    Status copy_script(const std::string& userid, const std::string& path);
    model::Acl folder_acl(const std::string& userid, const std::string& folder) const;

    const config::Config& config_;
    Operations& operations_;
    mailbox::Quotas* quotas_;
};

}  // namespace rookery::cluster

#endif
