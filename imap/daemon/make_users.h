// Mailboxes for a user who has none, at a delivery (autocreate_post): made here, by who has a
// store, or asked for at one of the servers of serverlist, over IMAP and as the user, who may
// CREATE an INBOX of his own there. One thread; after the fork.
#ifndef ROOKERY_IMAP_DAEMON_MAKE_USERS_H
#define ROOKERY_IMAP_DAEMON_MAKE_USERS_H

#include "imap/delivery/recipients.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "imap/mboxlist/directory.h"
#include "lib/config/config.h"

namespace rookery::daemon {

// All of it is borrowed, for as long as the function lives.
delivery::MakeUser make_users_here(const config::Config& config, mboxlist::Directory& directory,
                                   mailbox::MailboxStore* store, mailbox::Quotas* quotas);
delivery::MakeUser make_users_there(const config::Config& config, mboxlist::Directory& directory,
                                    mailbox::MailboxStore* store, mailbox::Quotas* quotas);

}  // namespace rookery::daemon

#endif
