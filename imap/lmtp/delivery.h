// Delivery: one message to the recipients of one transaction, each answered for itself.
//
// Recipients here go into the store (durable before the answer), the others to their servers, one
// LMTP transaction per server. Connections to servers are kept across clients by the pool, which
// the daemon's main owns. A server that does not have a mailbox any more makes the list catch up
// and the recipient is tried once at its new place; after that it is a temporary error (RULES 5.1).
// Borrows everything. One thread.
#ifndef ROOKERY_IMAP_LMTP_DELIVERY_H
#define ROOKERY_IMAP_LMTP_DELIVERY_H

#include <memory>
#include <string>
#include <vector>

#include "imap/backend/backend_pool.h"
#include "imap/lmtp/duplicates.h"
#include "imap/lmtp/recipients.h"
#include "imap/lmtp/reply.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "lib/auth/identity.h"
#include "lib/config/config.h"

namespace rookery::lmtp {

// What one MAIL transaction is about.
struct Transaction {
    MailArguments mail;
    auth::Identity sender;  // whose right to post counts
    std::vector<Recipient> recipients;
    mailbox::StagedMessage* message = nullptr;
    std::string partition;   // where message is staged; "" in a spool file
    std::string message_id;  // by which it is known again; "" = not at all
    std::string date;        // its Date as it came
    std::string session_id;
};

class Delivery {
 public:
    // store and quotas: null where there are none; duplicates: null where they are not suppressed.
    Delivery(const config::Config& config, Recipients& recipients, mailbox::MailboxStore* store,
             mailbox::Quotas* quotas, Duplicates* duplicates, backend::BackendPool& backends);
    // One reply per recipient, in order.
    std::vector<Reply> deliver(const Transaction& transaction);

 private:
    struct Remote;
    Status store_message(const Transaction& t, const Recipient& recipient);
    Reply deliver_local(const Transaction& t, const Recipient& recipient);
    Result<mailbox::StagedMessage*> staged_on(const Transaction& t, const std::string& partition);
    // The recipients with these numbers to their server.
    void deliver_remote(const Transaction& t, const std::string& server,
                        const std::vector<size_t>& which);
    Status send_envelope(const Transaction& t, Remote& remote, std::vector<size_t>& accepted);
    Status send_message(const Transaction& t, Remote& remote, const std::vector<size_t>& accepted);
    void retry_strays(const Transaction& t);
    Result<Reply> ask(stream::Stream& stream, std::string_view command);
    Reply success_reply(const Transaction& t) const;

    const config::Config& config_;
    Recipients& recipients_;
    mailbox::MailboxStore* store_;
    mailbox::Quotas* quotas_;
    Duplicates* duplicates_;
    backend::BackendPool& backends_;
    std::vector<Reply> replies_;
    std::vector<bool> strays_;  // the server said that it does not have the mailbox
    std::vector<std::pair<std::string, std::unique_ptr<mailbox::StagedMessage>>> copies_;
};

// The text of a message as DATA wants it, with the final dot, onto the stream.
void put_dotted(stream::Stream& stream, std::string_view text);

}  // namespace rookery::lmtp

#endif
