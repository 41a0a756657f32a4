// LocalQuotas: limits from QuotaRoots, usage from the mailboxes' indexes.
//
// What is damaged forbids no mail: a mailbox that cannot be read is not counted, limits that cannot
// be read are not observed; either is logged once in a process. Borrows the list and the store.
// Open after fork. Codes: those of QuotaRoots, the list and the store; over_quota. One thread.
#ifndef ROOKERY_IMAP_STORE_LOCAL_QUOTAS_H
#define ROOKERY_IMAP_STORE_LOCAL_QUOTAS_H

#include <memory>
#include <set>
#include <string>

#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "imap/mboxlist/directory.h"
#include "imap/store/quota_roots.h"
#include "lib/config/config.h"

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
    // Mends the limits and their copy (QuotaRoots::verify).
    Status verify() { return roots_.verify(); }
    Result<bool> has_to_be_mended() { return roots_.has_to_be_mended(); }

 private:
    Result<mailbox::QuotaUsage> usage_of(const model::MailboxName& root);
    void leave_out(const model::MailboxName& name, const Error& why);

    QuotaRoots roots_;
    mboxlist::Directory& directory_;
    mailbox::MailboxStore& store_;
    std::set<std::string> left_out_;  // mailboxes that were told of
    bool told_ = false;               // that the limits cannot be read
};

std::unique_ptr<mailbox::Quotas> open_local_quotas(const config::Config& config,
                                                   mboxlist::Directory& directory,
                                                   mailbox::MailboxStore& store);

}  // namespace rookery::store

#endif
