// The five fields of a cron line: minute, hour, day of month, month, day of week.
//
// Each is *, numbers, ranges a-b, steps /n, and lists of those with commas; day of week 0 and 7 are
// Sunday. As in crontab(5), when both days are restricted either is enough. Code::syntax.
#ifndef ROOKERY_MASTER_CRON_H
#define ROOKERY_MASTER_CRON_H

#include <time.h>

#include <bitset>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::master {

class Cron {
 public:
    static Result<Cron> parse(std::string_view text);
    // True in the minute that t (local time) stands in.
    bool matches(const tm& t) const;
    // The first minute after now that matches, within four years and a day; 0 if there is none.
    time_t next(time_t now) const;

 private:
    bool day_matches(const tm& t) const;

    std::bitset<64> minutes_, hours_, days_, months_, weekdays_;
    bool any_day_ = false;
    bool any_weekday_ = false;
};

}  // namespace rookery::master

#endif
