// UserData: what a server keeps by user beside the user's mailboxes, and what becomes of it when
// the user has another name or ends: subscriptions, what was seen in other people's mailboxes,
// Sieve scripts, lines of user_deny.db.
//
// Each call may be done again after it was cut short. A failure leaves the rest undone and is the
// caller's to log: no mail depends on it. Codes: io, no_space, busy, bad_name. One thread.
#ifndef ROOKERY_IMAP_CLUSTER_USER_DATA_H
#define ROOKERY_IMAP_CLUSTER_USER_DATA_H

#include "imap/mailbox/mailbox_store.h"
#include "imap/model/mailbox_name.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::cluster {

class UserData {
 public:
    UserData(const config::Config& config, mailbox::MailboxStore& store)
        : config_(config), store_(store)
    {
    }
    // Users are named by their INBOX.
    Status rename(const model::MailboxName& from, const model::MailboxName& to) const;
    Status remove(const model::MailboxName& inbox) const;
    // The user's private annotations of one mailbox.
    Status rename_annotator(const model::MailboxEntry& mailbox, const std::string& from,
                            const std::string& to) const;

 private:
    const config::Config& config_;
    mailbox::MailboxStore& store_;
};

}  // namespace rookery::cluster

#endif
