// What a backend is made of, opened for a tool that works on its mailboxes beside the daemons.
#ifndef ROOKERY_IMAP_ADMIN_LOCAL_PARTS_H
#define ROOKERY_IMAP_ADMIN_LOCAL_PARTS_H

#include <memory>

#include "imap/cluster/operations.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "imap/mailbox/sync_store.h"
#include "imap/sync/server.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::admin {

struct LocalParts {
    std::unique_ptr<mboxlist::Directory> directory;
    std::unique_ptr<mailbox::MailboxStore> store;
    std::unique_ptr<mailbox::Quotas> quotas;
    std::unique_ptr<mailbox::SyncStore> sync;
    std::unique_ptr<cluster::Operations> operations;

    static Result<LocalParts> open(const config::Config& config);
    static Result<LocalParts> open(const config::Config& config,
                                   std::unique_ptr<mboxlist::Directory> directory);
    sync::LocalSide side(const config::Config& config)
    {
        return {config, *directory, *store, *sync, *quotas};
    }
};

}  // namespace rookery::admin

#endif
