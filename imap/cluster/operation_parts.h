// OperationParts: what an operation of the namespace works with, and the small steps that all of
// them take. Borrowed from whoever owns the list and the store; one thread.
#ifndef ROOKERY_IMAP_CLUSTER_OPERATION_PARTS_H
#define ROOKERY_IMAP_CLUSTER_OPERATION_PARTS_H

#include <span>
#include <string>

#include "imap/cluster/master_link.h"
#include "imap/cluster/name_locks.h"
#include "imap/cluster/user_data.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "imap/mboxlist/directory.h"
#include "lib/config/config.h"

namespace rookery::cluster {

struct OperationParts {
    const config::Config& config;
    mboxlist::Directory& list;
    mailbox::MailboxStore& store;
    mailbox::Quotas* quotas;  // null: none are kept
    MasterLink link;
    UserData users;
    NameLocks locks;

    Status put(model::MailboxEntry entry)
    {
        const auto change = mboxlist::Change::put(std::move(entry));
        return list.commit({&change, 1});
    }
    // What was here or was to be is not: another server may have the name.
    Status release(const model::MailboxName& name)
    {
        const auto change = mboxlist::Change::release(name);
        return list.commit({&change, 1});
    }
    // The mailbox itself is at the entry's place.
    bool is_in_store(const model::MailboxEntry& entry)
    {
        auto there = store.uniqueid_at(entry);
        return there && (entry.uniqueid.empty() || *there == entry.uniqueid);
    }
};

// The entry at a step.
inline model::MailboxEntry with(model::MailboxEntry entry, model::EntryState state,
                                model::Pending pending)
{
    entry.state = state;
    entry.pending = pending;
    if (state == model::EntryState::active) entry.elsewhere.reset();
    return entry;
}
// In use, nothing under way.
inline model::MailboxEntry settled(model::MailboxEntry entry)
{
    entry.other.reset();
    entry.operation.clear();
    return with(std::move(entry), model::EntryState::active, model::Pending::none);
}

}  // namespace rookery::cluster

#endif
