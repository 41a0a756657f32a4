// Delivery: one message to the recipients of one transaction, each answered for itself.
//
// Recipients here are delivered to by their scripts (local_delivery.h), the others at their servers
// (remote_delivery.h). A server that does not have a mailbox any more makes the list catch up and
// the recipient is tried once at its new place; after that it is a temporary error
// (doc/rules.md 5.1).
// Borrows everything. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_DELIVERY_H
#define ROOKERY_IMAP_DELIVERY_DELIVERY_H

#include <vector>

#include "imap/backend/backend_pool.h"
#include "imap/delivery/local_delivery.h"
#include "imap/delivery/outcome.h"
#include "imap/delivery/recipients.h"
#include "imap/delivery/remote_delivery.h"
#include "imap/delivery/transaction.h"
#include "imap/mboxlist/directory.h"
#include "lib/auth/identity.h"
#include "lib/config/config.h"

namespace rookery::delivery {

class Delivery {
 public:
    Delivery(const config::Config& config, mboxlist::Directory& directory, Recipients& recipients,
             backend::BackendPool& backends, Local local = {});
    // over_quota: a message of that size (0: not known) would be refused for it; a recipient of
    // another server is asked there.
    Status has_room(const Recipient& recipient, const auth::Identity& sender, uint64_t size);
    // One for each recipient, in order. told() follows, while the transaction is still there.
    std::vector<Outcome> deliver(const Transaction& transaction);
    // The outcomes have reached the client, or could not: what waits for that is done.
    void told(bool reached);

 private:
    void deliver_local(const Transaction& t, const std::vector<size_t>& numbers);
    void deliver_remote(const Transaction& t, const RemoteDelivery::ByServer& to);
    void log_remote(const Transaction& t, size_t i, std::string_view server,
                    std::string_view session) const;
    void retry_strays(const Transaction& t);

    Recipients& recipients_;
    bool has_store_;
    LocalDelivery local_;
    RemoteDelivery remote_;
    std::vector<Outcome> outcomes_;
    std::vector<bool> strays_;  // the server said that it does not have the mailbox
};

}  // namespace rookery::delivery

#endif
