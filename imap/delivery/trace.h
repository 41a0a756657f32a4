// The lines of the log that say what became of a message for one recipient, on each server that it
// passes: event id=<Message-ID> from=<sender> to=<recipient> size= mailbox= server= remote= origin=
// reason= session=. A field of which there is nothing to say is empty. session is this server's,
// which its client was told; remote that of the server the message went to; origin that of the
// frontend it came from. Messages of a mail queue have that queue's session. Cannot fail.
#ifndef ROOKERY_IMAP_DELIVERY_TRACE_H
#define ROOKERY_IMAP_DELIVERY_TRACE_H

#include <string_view>

#include "imap/delivery/transaction.h"
#include "lib/base/result.h"

namespace rookery::delivery {

struct Trace {
    std::string_view mailbox = {};  // internal name
    std::string_view server = {};   // "": this one
    std::string_view remote = {};
    std::string_view reason = {};  // log_not_delivered() has it from the error
};
void log_delivered(const Transaction& t, const Recipient& to, const Trace& where);
// One that has the message already: what duplicate delivery suppression or a retry found.
void log_known(std::string_view event, const Transaction& t, const Recipient& to,
               const Trace& where);
void log_not_delivered(const Transaction& t, const Recipient& to, const Error& why,
                       Trace where = {});

}  // namespace rookery::delivery

#endif
