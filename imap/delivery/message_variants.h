// MessageVariants: the message of one transaction as its copies need it: on the partition of each
// mailbox, so that it can be linked there, and with the edits of a script. Each is made once.
//
// Borrows the transaction and the store. Codes: those of the store's stage(). One thread.
#ifndef ROOKERY_IMAP_DELIVERY_MESSAGE_VARIANTS_H
#define ROOKERY_IMAP_DELIVERY_MESSAGE_VARIANTS_H

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "imap/delivery/edited_message.h"
#include "imap/delivery/transaction.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/sieve/actions.h"

namespace rookery::delivery {

class MessageVariants {
 public:
    using Edits = std::span<const sieve::HeaderEdit>;

    MessageVariants(const Transaction& t, mailbox::MailboxStore& store) : t_(t), store_(store) {}
    // edits: the same ones lie at the same place for as long as the object lives.
    Result<mailbox::StagedMessage*> on(const std::string& partition, Edits edits);
    // Valid as long as the transaction's message.
    Result<EditedMessage> text(Edits edits) const;

 private:
    struct Variant {
        std::string partition;
        Edits edits;
        std::unique_ptr<mailbox::StagedMessage> message;
    };
    const Transaction& t_;
    mailbox::MailboxStore& store_;
    std::vector<Variant> variants_;
};

}  // namespace rookery::delivery

#endif
