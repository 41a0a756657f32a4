// LocalQuotas: quota roots in an ordered store of their own, usage from the mailboxes' indexes.
//
// The store is <configdirectory>/quotas.tdb, or quotas.flat (quota_db), made by the first set():
// a key is 'Q' and the key of the root's name, the value "STORAGE 10240 MESSAGE 500"
// (doc/formats/quotas.md). Borrows the list and the store. Open after fork. One thread.
#ifndef ROOKERY_IMAP_STORE_LOCAL_QUOTAS_H
#define ROOKERY_IMAP_STORE_LOCAL_QUOTAS_H

#include <memory>
#include <string>

#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "imap/mboxlist/directory.h"
#include "lib/config/config.h"
#include "lib/db/ordered_store.h"

namespace rookery::store {

class LocalQuotas final : public mailbox::Quotas {
 public:
    LocalQuotas(const config::Config& config, mboxlist::Directory& directory,
                mailbox::MailboxStore& store);

    Result<model::MailboxName> root_of(const model::MailboxName& name) override;
    Result<mailbox::Quota> get(const model::MailboxName& root) override;
    Status each(const std::function<void(const model::MailboxName&)>& root) override;
    Status set(const model::MailboxName& root, const mailbox::QuotaLimits& limits) override;
    Status remove(const model::MailboxName& root) override;
    Status rename(const model::MailboxName& from, const model::MailboxName& to) override;
    Status check(const model::MailboxName& into, const mailbox::QuotaUsage& more,
                 bool whole) override;

 private:
    // Null while there is no file.
    Result<db::OrderedStore*> opened(bool make);
    Result<mailbox::QuotaLimits> limits_of(const model::MailboxName& root);
    Result<mailbox::QuotaUsage> usage_of(const model::MailboxName& root);

    const std::string path_;
    const bool flat_;
    mboxlist::Directory& directory_;
    mailbox::MailboxStore& store_;
    std::unique_ptr<db::OrderedStore> roots_;
};

std::unique_ptr<mailbox::Quotas> open_local_quotas(const config::Config& config,
                                                   mboxlist::Directory& directory,
                                                   mailbox::MailboxStore& store);

}  // namespace rookery::store

#endif
