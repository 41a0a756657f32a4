#include "imap/nntp/moment.h"

#include <ctime>

#include "lib/base/strings.h"

namespace rookery::nntp {

Result<int64_t> parse_moment(std::string_view date, std::string_view time, int64_t now)
{
    const Error bad{Code::syntax, "That is no date and time"};
    if ((date.size() != 6 && date.size() != 8) || time.size() != 6) return bad;
    const auto number = [](std::string_view digits) { return to_number<unsigned>(digits); };
    const auto year = number(date.substr(0, date.size() - 4));
    const auto month = number(date.substr(date.size() - 4, 2));
    const auto day = number(date.substr(date.size() - 2));
    const auto hour = number(time.substr(0, 2));
    const auto minute = number(time.substr(2, 2));
    const auto second = number(time.substr(4));
    if (!year || !month || !day || !hour || !minute || !second) return bad;
    if (*month < 1 || *month > 12 || *day < 1 || *day > 31 || *hour > 23 || *minute > 59 ||
        *second > 60)
        return bad;
    struct tm moment = {};
    auto full = static_cast<int>(*year);
    if (date.size() == 6) {
        // The century is the present one, or the one before.
        const auto seconds = static_cast<time_t>(now);
        struct tm present = {};
        ::gmtime_r(&seconds, &present);
        const int this_year = present.tm_year + 1900;
        full += this_year / 100 * 100;
        if (full > this_year) full -= 100;
    }
    moment.tm_year = full - 1900;
    moment.tm_mon = static_cast<int>(*month) - 1;
    moment.tm_mday = static_cast<int>(*day);
    moment.tm_hour = static_cast<int>(*hour);
    moment.tm_min = static_cast<int>(*minute);
    moment.tm_sec = static_cast<int>(*second);
    return int64_t{::timegm(&moment)};
}

std::string format_moment(int64_t moment)
{
    const auto seconds = static_cast<time_t>(moment);
    struct tm utc = {};
    ::gmtime_r(&seconds, &utc);
    char text[32];
    return std::string(text, ::strftime(text, sizeof text, "%Y%m%d%H%M%S", &utc));
}

}  // namespace rookery::nntp
