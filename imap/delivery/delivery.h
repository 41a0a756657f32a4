// Delivery: one message to the recipients of one transaction, each answered for itself.
//
// Recipients here go into the store (durable before the answer), the others to their servers
// (remote_delivery.h). A server that does not have a mailbox any more makes the list catch up
// and the recipient is tried once at its new place; after that it is a temporary error
// (doc/rules.md 5.1).
// Borrows everything. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_DELIVERY_H
#define ROOKERY_IMAP_DELIVERY_DELIVERY_H

#include <memory>
#include <string>
#include <vector>

#include "imap/backend/backend_pool.h"
#include "imap/delivery/duplicates.h"
#include "imap/delivery/outcome.h"
#include "imap/delivery/recipients.h"
#include "imap/delivery/remote_delivery.h"
#include "imap/delivery/transaction.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "lib/auth/identity.h"
#include "lib/config/config.h"

namespace rookery::delivery {

class Delivery {
 public:
    // store and quotas: null where there are none; duplicates: null where they are not suppressed.
    Delivery(const config::Config& config, Recipients& recipients, mailbox::MailboxStore* store,
             mailbox::Quotas* quotas, Duplicates* duplicates, backend::BackendPool& backends);
    // over_quota: a message of that size (0: not known) would be refused for it; a recipient of
    // another server is asked there.
    Status has_room(const Recipient& recipient, const auth::Identity& sender, uint64_t size);
    // One for each recipient, in order.
    std::vector<Outcome> deliver(const Transaction& transaction);

 private:
    Status fits(const model::MailboxName& mailbox, const Recipient& recipient, uint64_t bytes);
    Status store_message(const Transaction& t, const Recipient& recipient);
    Outcome deliver_local(const Transaction& t, const Recipient& recipient);
    Result<mailbox::StagedMessage*> staged_on(const Transaction& t, const std::string& partition);
    void deliver_remote(const Transaction& t, const RemoteDelivery::ByServer& to);
    void retry_strays(const Transaction& t);

    const config::Config& config_;
    Recipients& recipients_;
    mailbox::MailboxStore* store_;
    mailbox::Quotas* quotas_;
    Duplicates* duplicates_;
    RemoteDelivery remote_;
    bool quota_trouble_told_ = false;
    std::vector<Outcome> outcomes_;
    std::vector<bool> strays_;  // the server said that it does not have the mailbox
    std::vector<std::pair<std::string, std::unique_ptr<mailbox::StagedMessage>>> copies_;
};

}  // namespace rookery::delivery

#endif
