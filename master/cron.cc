// cron fields.
#include "master/cron.h"

#include "lib/base/strings.h"

namespace rookery::master {
namespace {

Error bad(std::string_view field)
{
    return Error{Code::syntax, cat("\"", field, "\" is not a field of cron")};
}

// One element: *, n, a-b, each with /step.
Status element(std::string_view text, unsigned low, unsigned high, std::bitset<64>& out)
{
    std::string_view whole = text;
    unsigned step = 1;
    bool stepped = false;
    if (size_t slash = text.find('/'); slash != text.npos) {
        auto n = to_number<unsigned>(text.substr(slash + 1), 60);
        if (!n || *n == 0) return bad(whole);
        step = *n;
        stepped = true;
        text = text.substr(0, slash);
    }
    unsigned from = low;
    unsigned to = high;
    if (text != "*") {
        size_t dash = text.find('-');
        auto first = to_number<unsigned>(text.substr(0, dash), high);
        if (!first) return bad(whole);
        from = *first;
        if (dash != text.npos) {
            auto last = to_number<unsigned>(text.substr(dash + 1), high);
            if (!last) return bad(whole);
            to = *last;
        } else if (!stepped) {
            to = from;
        }
    }
    if (from < low || from > to) return bad(whole);
    for (unsigned i = from; i <= to; i += step) out.set(i);
    return success();
}

Status field(std::string_view text, unsigned low, unsigned high, std::bitset<64>& out)
{
    for (std::string_view part : split(text, ',')) TRY(element(part, low, high, out));
    return success();
}

bool test(const std::bitset<64>& bits, int n)
{
    return n >= 0 && n < 64 && bits.test(static_cast<size_t>(n));
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text)
{
    auto words = split_words(text);
    if (words.size() != 5) return Error{Code::syntax, "five fields are expected"};
    Cron cron;
    TRY(field(words[0], 0, 59, cron.minutes_));
    TRY(field(words[1], 0, 23, cron.hours_));
    TRY(field(words[2], 1, 31, cron.days_));
    TRY(field(words[3], 1, 12, cron.months_));
    TRY(field(words[4], 0, 7, cron.weekdays_));
    if (cron.weekdays_.test(7)) cron.weekdays_.set(0);
    cron.any_day_ = words[2] == "*";
    cron.any_weekday_ = words[4] == "*";
    return cron;
}

bool Cron::day_matches(const tm& t) const
{
    bool day = test(days_, t.tm_mday);
    bool weekday = test(weekdays_, t.tm_wday);
    if (any_day_ || any_weekday_) return day && weekday;
    return day || weekday;
}

bool Cron::matches(const tm& t) const
{
    return test(minutes_, t.tm_min) && test(hours_, t.tm_hour) && test(months_, t.tm_mon + 1) &&
           day_matches(t);
}

// Steps over whole days and hours that cannot match.
time_t Cron::next(time_t now) const
{
    constexpr time_t kFar = time_t{4 * 366} * 86400;
    time_t t = now - now % 60 + 60;
    while (t < now + kFar) {
        tm local{};
        ::localtime_r(&t, &local);
        if (!test(months_, local.tm_mon + 1) || !day_matches(local)) {
            t += 3600 - (local.tm_min * 60 + local.tm_sec);
        } else if (!test(hours_, local.tm_hour)) {
            t += 3600 - (local.tm_min * 60 + local.tm_sec);
        } else if (!test(minutes_, local.tm_min)) {
            t += 60;
        } else {
            return t;
        }
    }
    return 0;
}

}  // namespace rookery::master
