// The files of the queue as bytes: an entry (envelopes, then the message) and how far it got
// (doc/formats/submission.md).
//
// One entry file holds the envelopes of all mails of one put(); each mail has a link to it.
// Codes: syntax and limit (what cannot be an envelope), corrupt (a file that was damaged),
// unsupported (of a newer version). Pure.
#ifndef ROOKERY_IMAP_SUBMISSION_ENTRY_FORMAT_H
#define ROOKERY_IMAP_SUBMISSION_ENTRY_FORMAT_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery::submission {

inline constexpr size_t kMaxMails = 256;        // of one put()
inline constexpr size_t kMaxRecipients = 1000;  // of one mail
inline constexpr size_t kMaxAddress = 1000;     // bytes
inline constexpr size_t kMaxHead = 1u << 20;    // the envelopes of one put()
inline constexpr size_t kMaxReason = 500;       // bytes of why it failed

enum class Kind {
    redirect,
    vacation,
    notify,
    reject,
    article,  // NNTP: to a moderator
    feed,     // NNTP: to another server of news; from is the Message-ID, to the peer
};
std::string_view kind_word(Kind kind);

struct Outgoing {
    std::string from;  // envelope sender, "" = <>
    std::vector<std::string> to;
    std::string owner;  // userid whose INBOX gets it back if it cannot be sent; "": nobody
    Kind kind = Kind::redirect;
};

// That it can be an envelope: no control characters, no recipient that would be taken for an option
// of the sendmail program, and the limits.
Status check_outgoing(const Outgoing& mail);

struct Head {
    int64_t arrived = 0;
    uint64_t size = 0;  // of the message
    uint32_t crc = 0;   // of the message
    std::vector<Outgoing> mails;
    size_t bytes = 0;  // of the head: there the message begins
};

uint32_t crc_of(std::span<const std::string_view> pieces);
std::string to_text(const Head& head);  // bytes is not looked at
// From the beginning of a file; it may go on behind the head.
Result<Head> parse_head(std::string_view file);

// How far an entry got. A state that is lost costs nothing but a try.
struct TryState {
    unsigned tries = 0;
    int64_t next = 0;    // not before
    int64_t failed = 0;  // when it was found that it cannot be sent; 0: it may be
    int64_t begun = 0;   // when a try began that must not be made twice; 0: none did
    std::string reason;  // of the last failure
};
std::string to_text(const TryState& state);
Result<TryState> parse_try_state(std::string_view file);

}  // namespace rookery::submission

#endif
