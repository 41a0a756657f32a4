// The messages that this server writes itself: answers, rejections, notifications, notices.
//
// Values of headers may come from anybody: what could end a field is taken out (header_text.h).
// Bodies are UTF-8, with CRLF, in an encoding that any way takes. Pure: the clock and what makes
// each message unique are given. Codes: syntax, limit (of what a script gave).
#ifndef ROOKERY_IMAP_SUBMISSION_COMPOSE_H
#define ROOKERY_IMAP_SUBMISSION_COMPOSE_H

#include <array>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/text/imap_date.h"

namespace rookery::submission {

inline constexpr size_t kMaxMimeReason = 1u << 20;       // of a vacation answer with :mime
inline constexpr size_t kMaxReturnedMessage = 1u << 20;  // a larger one is rejected by its header

// By whom, when, and what no other message has: a part of its Message-ID and its boundaries.
struct Making {
    std::string servername;
    text::DateTime now;
    std::string unique;  // letters, digits, "-" and "."
};
std::string new_unique();

// A message that may enclose another: pieces for Queue::put().
struct Composed {
    std::string front;
    std::string_view enclosed;  // of the message given
    std::string back;
    std::array<std::string_view, 3> pieces() const { return {front, enclosed, back}; }
    std::string text() const { return front + std::string(enclosed) + back; }
};

// RFC 5230 5, RFC 3834 3. Goes out with the null sender.
struct VacationAnswer {
    std::string from;     // of the script, or the user's own address
    std::string owner;    // the user's own address
    std::string to;       // the envelope sender of the message that is answered
    std::string subject;  // "": made from the message's
    std::string reason;
    bool is_mime = false;  // reason is a MIME entity with its header
};
Result<Composed> vacation_answer(const VacationAnswer& answer, std::string_view message,
                                 const Making& making);

// RFC 5429 2.2.1: a disposition notification (RFC 8098) that the message was deleted unread. Goes
// out with the null sender, and never to it.
struct Rejection {
    std::string recipient;  // who refuses
    std::string to;         // the envelope sender of the message
    std::string reason;
};
Composed rejection(const Rejection& rejection, std::string_view message, const Making& making);

// A line for a message that goes on to another address by a user's script, in front of all of it.
std::string redirect_trace(std::string_view own_address);

// For a user's INBOX, once a day: why the script does nothing.
struct BrokenScript {
    std::string owner;  // the user's address
    std::string script;
    std::string reason;  // lines
};
Composed broken_script_notice(const BrokenScript& broken, const Making& making);

// For a user's INBOX: what was to be sent on for him, and could not be.
struct Undeliverable {
    std::string owner;  // the user's address
    std::string what;   // "redirect", "article"
    std::string from;   // envelope
    std::string to;     // addresses with commas
    std::string reason;
    text::DateTime since;  // when it was first tried
};
Composed undeliverable_notice(const Undeliverable& failed, std::string_view message,
                              const Making& making);

}  // namespace rookery::submission

#endif
