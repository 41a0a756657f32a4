// A user's subscriptions: one flat file of internal names, sorted, under
// <configdirectory>/user/<hash>/<userid>.sub (doc/formats/subscriptions.md). Names of mailboxes on
// other servers are kept like any other.
// Codes: io, no_space, not_found (remove). Open after fork; one thread.
#ifndef ROOKERY_IMAP_MBOXLIST_SUBSCRIPTIONS_H
#define ROOKERY_IMAP_MBOXLIST_SUBSCRIPTIONS_H

#include <string>
#include <vector>

#include "imap/model/mailbox_name.h"
#include "lib/base/result.h"

namespace rookery::mboxlist {

class Subscriptions {
 public:
    Subscriptions(std::string configdirectory, std::string userid);
    // In key order; an absent file is an empty list.
    Result<std::vector<model::MailboxName>> names() const;
    Status add(const model::MailboxName& name);
    Status remove(const model::MailboxName& name);
    // All of them gone (the user was deleted).
    Status remove_all();
    // These are from now on those of another user, names of his own mailboxes with them. No error
    // if there are none, as after a first try.
    Status become(const Subscriptions& other, const model::MailboxName& own_inbox,
                  const model::MailboxName& other_inbox);
    const std::string& path() const { return path_; }

 private:
    std::string path_;
};

}  // namespace rookery::mboxlist

#endif
