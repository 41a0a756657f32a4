// Decision: what is to become of a message for one recipient, before any of it is done. Values.
#ifndef ROOKERY_IMAP_DELIVERY_DECISION_H
#define ROOKERY_IMAP_DELIVERY_DECISION_H

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "imap/model/flags.h"
#include "imap/model/mailbox_entry.h"
#include "imap/sieve/actions.h"
#include "lib/text/smtp_reply.h"

namespace rookery::delivery {

// The message into one mailbox, of this server or another: for one recipient there is at most one
// for each.
struct Copy {
    model::MailboxEntry entry;
    model::FlagList flags;
    size_t edits = 0;  // the first of Decision::edits are in it (RFC 5293)
};

// Mail that a script sends: Redirect, Reject, Vacation, Notify.
struct Sending {
    sieve::Action action;
    std::optional<Copy> fcc;  // where a copy of what is sent goes (RFC 8580)
};

struct Decision {
    std::vector<Copy> copies;
    std::vector<Sending> sendings;
    std::vector<sieve::HeaderEdit> edits;
    std::vector<sieve::DuplicateMark> marks;
    std::optional<text::SmtpReply> refusal;  // then nothing else
    std::string broken;                      // the script failed: which, where and why
};

}  // namespace rookery::delivery

#endif
