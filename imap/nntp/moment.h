// Moments as NNTP says them, in UTC: the arguments of NEWGROUPS and NEWNEWS, the answer to DATE
// (RFC 3977 7.1, 7.3.2). Seconds since 1970. Pure. Codes: syntax.
#ifndef ROOKERY_IMAP_NNTP_MOMENT_H
#define ROOKERY_IMAP_NNTP_MOMENT_H

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::nntp {

// "[[yy]yy]mmdd" and "hhmmss"; the century of a short year is that of now, or the one before.
Result<int64_t> parse_moment(std::string_view date, std::string_view time, int64_t now);
// "yyyymmddhhmmss".
std::string format_moment(int64_t moment);

}  // namespace rookery::nntp

#endif
