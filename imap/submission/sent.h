// Sent: what became of one try to send one mail. A value.
#ifndef ROOKERY_IMAP_SUBMISSION_SENT_H
#define ROOKERY_IMAP_SUBMISSION_SENT_H

#include <string>

namespace rookery::submission {

struct Sent {
    enum class Outcome {
        sent,
        failed_for_now,
        refused,
        away,  // whoever takes it cannot be asked now: this says nothing of the mail
    };
    Outcome outcome = Outcome::sent;
    std::string reason;  // of a failure
};

}  // namespace rookery::submission

#endif
