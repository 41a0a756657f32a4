// Outcome: what became of a message for one recipient. A value.
#ifndef ROOKERY_IMAP_DELIVERY_OUTCOME_H
#define ROOKERY_IMAP_DELIVERY_OUTCOME_H

#include <optional>
#include <utility>

#include "lib/base/result.h"
#include "lib/text/smtp_reply.h"

namespace rookery::delivery {

struct Outcome {
    // over_quota: for lack of room. Every other failure is this system's trouble, whatever its
    // code: the recipient was good when it was resolved, and the message when it was read.
    Status status = success();
    // The words of the recipient's server, where it refused; the status is unavailable then, or
    // denied if it will refuse for ever (5xx).
    std::optional<text::SmtpReply> refusal{};

    static Outcome refused(text::SmtpReply reply)
    {
        const bool forever = reply.first_digit() == 5;
        Outcome outcome{Error{forever ? Code::denied : Code::unavailable, reply.summary()}};
        outcome.refusal = std::move(reply);
        return outcome;
    }
};

}  // namespace rookery::delivery

#endif
