// The fields by which this server knows again what it has sent.
#ifndef ROOKERY_IMAP_SUBMISSION_TRACE_FIELDS_H
#define ROOKERY_IMAP_SUBMISSION_TRACE_FIELDS_H

#include <string_view>

namespace rookery::submission {

// In front of what a script sends on: the address it came to. Dovecot's, so that both see a loop.
inline constexpr std::string_view kRedirectField = "X-Sieve-Redirected-From";
// In what a script answers: the user's address.
inline constexpr std::string_view kLoopField = "X-Loop";
// In notices to a user; they are not sent on by the script that may have caused them.
inline constexpr std::string_view kNoticeField = "X-Rookery-Notice";

}  // namespace rookery::submission

#endif
