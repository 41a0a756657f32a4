// Transaction: what one MAIL command begins and the end of its DATA ends. A value; borrows message.
#ifndef ROOKERY_IMAP_LMTP_TRANSACTION_H
#define ROOKERY_IMAP_LMTP_TRANSACTION_H

#include <string>
#include <vector>

#include "imap/lmtp/grammar.h"
#include "imap/lmtp/recipients.h"
#include "imap/mailbox/mailbox_store.h"
#include "lib/auth/identity.h"

namespace rookery::lmtp {

struct Transaction {
    MailArguments mail;
    auth::Identity sender;  // whose right to post counts
    std::vector<Recipient> recipients;
    mailbox::StagedMessage* message = nullptr;
    std::string partition;   // where message is staged; "" = it is not for here
    std::string message_id;  // by which it is known again; "" = not at all
    std::string date;        // its Date as it came
    std::string session_id;
};

}  // namespace rookery::lmtp

#endif
