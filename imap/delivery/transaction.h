// Transaction: one message from one sender to some recipients. A value; borrows message.
#ifndef ROOKERY_IMAP_DELIVERY_TRANSACTION_H
#define ROOKERY_IMAP_DELIVERY_TRANSACTION_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imap/delivery/recipients.h"
#include "imap/mailbox/mailbox_store.h"
#include "lib/auth/identity.h"

namespace rookery::delivery {

// What the sender's side said of it (RFC 5321 3.3, RFC 4954 5, RFC 6152).
struct Envelope {
    std::string from;                 // as between the brackets; "" for <>
    std::optional<std::string> auth;  // AUTH=: "" for <>
    bool eight_bit = false;
    uint64_t size = 0;  // as announced; 0: not known
};

struct Transaction {
    Envelope envelope;
    auth::Identity sender;  // whose right to post counts
    std::vector<Recipient> recipients;
    mailbox::StagedMessage* message = nullptr;
    std::string partition;   // where message is staged; "" = it is not for here
    std::string message_id;  // by which it is known again; "" = not at all
    std::string date;        // its Date as it came
    std::string session_id;
    std::string origin;  // the session of the frontend that it comes through, "" for none
    // In its Received field, no other transaction at any server has it; of news its Message-ID.
    std::string id;
    std::string digest;  // of what the MTA handed over (message_digest.h): the same for a retry
};

}  // namespace rookery::delivery

#endif
