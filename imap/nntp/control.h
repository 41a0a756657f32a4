// Control: what control messages of news ask for (RFC 5537 5), done as the user of newsmaster and
// with no rights but his: cancel (t on the mailbox), newgroup (k above it), rmgroup (x on it).
//
// Here only: a group of another server is not concerned. What is not done is logged, and the
// message stays an article like any other. Borrows its parts. One thread.
#ifndef ROOKERY_IMAP_NNTP_CONTROL_H
#define ROOKERY_IMAP_NNTP_CONTROL_H

#include <functional>
#include <string>
#include <string_view>

#include "imap/delivery/articles.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mboxlist/directory.h"
#include "imap/mboxlist/newsgroups.h"
#include "lib/auth/identity.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::nntp {

// How groups come and go, by the rules of CREATE and DELETE. Null: not here.
struct GroupChanges {
    std::function<Status(const model::MailboxName& name, const auth::Identity& who)> make;
    std::function<Status(const model::MailboxName& name, const auth::Identity& who)> remove;
};

class Control {
 public:
    Control(const config::Config& config, mboxlist::Directory& directory,
            const mboxlist::Newsgroups& newsgroups, delivery::Articles& articles,
            mailbox::MailboxStore* store, GroupChanges changes);

    // The value of an article's Control.
    void obey(std::string_view control);

 private:
    Status cancel(std::string_view message_id);
    Status cancel_at(std::string_view message_id, const delivery::Articles::Place& place);

    const config::Config& config_;
    mboxlist::Directory& directory_;
    const mboxlist::Newsgroups& newsgroups_;
    delivery::Articles& articles_;
    mailbox::MailboxStore* store_;
    GroupChanges changes_;
    auth::Identity who_;
};

}  // namespace rookery::nntp

#endif
