// Dates of IMAP (RFC 3501 date, date-time) and of mail headers (RFC 5322, read leniently).
//
// A moment is seconds since the epoch plus the offset in which it was written (minutes east of
// UTC). A day is a count of days since 1970-01-01, for SEARCH, which disregards time and zone.
// Codes: syntax (also a day that does not exist, a year over 9999). Values; independent of the
// locale and of TZ except local_zone_minutes().
#ifndef ROOKERY_LIB_TEXT_IMAP_DATE_H
#define ROOKERY_LIB_TEXT_IMAP_DATE_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::text {

struct DateTime {
    int64_t seconds = 0;
    int32_t zone_minutes = 0;
};

// date-time without its quotes: " 7-Feb-1994 21:52:25 -0800"; the day may be " 7", "07" or "7".
Result<DateTime> parse_date_time(std::string_view text);
// " 7-Feb-1994 21:52:25 -0800", without quotes; always 26 bytes for years 0 to 9999.
std::string format_date_time(const DateTime& when);
// date: "7-Feb-1994", optionally in quotes. Days since the epoch.
Result<int64_t> parse_date(std::string_view text);
// The day written in the given zone: what SEARCH compares.
int64_t day_of(const DateTime& when);
// A Date: header: comments, missing seconds, two-digit years, named zones are understood.
std::optional<DateTime> parse_header_date(std::string_view text);
// "Tue, 24 Nov 2026 03:42:40 +0000"
std::string format_header_date(const DateTime& when);
// Minutes east of UTC that TZ gives for that moment.
int32_t local_zone_minutes(int64_t seconds);

}  // namespace rookery::text

#endif
