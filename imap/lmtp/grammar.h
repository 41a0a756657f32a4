// The grammar of LMTP commands (RFC 5321 4.1.1 and 4.1.2, RFC 2033).
//
// Pure functions on one line without its CRLF. Paths of at most kMaxPath bytes; 8-bit bytes are
// taken in local parts (folders in UTF-8). Codes: syntax; limit (a path too long); unsupported (a
// parameter that is not ours).
#ifndef ROOKERY_IMAP_LMTP_GRAMMAR_H
#define ROOKERY_IMAP_LMTP_GRAMMAR_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "imap/delivery/address.h"
#include "lib/base/result.h"

namespace rookery::lmtp {

inline constexpr size_t kMaxPath = 1024;
inline constexpr size_t kMaxDomain = 255;

using delivery::Address;

struct CommandLine {
    std::string verb;            // upper case
    std::string_view arguments;  // into the line; trimmed
};

struct MailArguments {
    Address from;                     // empty: <>
    std::optional<std::string> auth;  // AUTH=: "" for <>
    bool eight_bit = false;
    uint64_t size = 0;
};

struct RcptArguments {
    Address to;
    bool ignore_quota = false;
};

// Verb and rest. "MAIL FROM:" and "RCPT TO:" are the verbs MAIL and RCPT; the grammar of the rest
// is parse_mail's.
CommandLine split_command(std::string_view line);
// "FROM:<path> [params]"
Result<MailArguments> parse_mail(std::string_view arguments);
// "TO:<path> [params]"
Result<RcptArguments> parse_rcpt(std::string_view arguments);
// What stands between the brackets. allow_empty: "<>" is a path.
Result<Address> parse_address(std::string_view text, bool allow_empty);
// LHLO's argument: a domain or an address literal.
Result<std::string> parse_domain(std::string_view text);

}  // namespace rookery::lmtp

#endif
