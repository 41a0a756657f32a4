// Whether a program may write to the sender of a message, or send it on (RFC 3834 2). Whether a
// vacation answers it is decided where its script runs (imap/sieve/ext/vacation.cc).
//
// Two programs that answer each other never end. Pure; a header that is broken is read as far as it
// can be. Limits are those of lib/text.
#ifndef ROOKERY_IMAP_SUBMISSION_AUTOMATIC_H
#define ROOKERY_IMAP_SUBMISSION_AUTOMATIC_H

#include <string_view>

#include "lib/base/result.h"

namespace rookery::submission {

// A message was sent on by so many scripts: it is in a circle, whoever's they are.
inline constexpr size_t kMaxRedirects = 20;

// May a rejection go to the envelope sender? Code::denied says why not.
Status may_reject(std::string_view sender, std::string_view header);
// The same for a notification (RFC 5436 2.7): the sender may be null.
Status may_notify(std::string_view header);
// Whether it was sent on from this address before (redirect_trace), or is a notice of this server
// about what could not be sent on.
bool is_looping(std::string_view header, std::string_view own_address);

}  // namespace rookery::submission

#endif
