#include "lib/text/imap_date.h"

#include <time.h>

#include <array>
#include <vector>

#include "lib/base/strings.h"

namespace rookery::text {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct Civil {
    int64_t year = 0;
    int month = 1;
    int day = 1;
};

// Days since 1970-01-01 of a date in the Gregorian calendar; eras of 400 years from 1 March.
int64_t days_from_civil(const Civil& c)
{
    const int64_t y = c.month <= 2 ? c.year - 1 : c.year;
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t in_era = y - era * 400;
    const int64_t day_of_year = (153 * (c.month + (c.month > 2 ? -3 : 9)) + 2) / 5 + c.day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + day_of_year - 719468;
}

Civil civil_from_days(int64_t days)
{
    days += 719468;
    const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const int64_t in_era = days - era * 146097;
    const int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    const int64_t day_of_year = in_era - (365 * y + y / 4 - y / 100);
    const int64_t shifted = (5 * day_of_year + 2) / 153;
    Civil c;
    c.day = static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1);
    c.month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
    c.year = y + era * 400 + (c.month <= 2 ? 1 : 0);
    return c;
}

int days_in_month(int64_t year, int month)
{
    constexpr std::array<int, 12> kLength = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : kLength[static_cast<size_t>(month - 1)];
}

int month_of(std::string_view name)
{
    for (size_t i = 0; i < kMonths.size(); i++)
        if (equal_nocase(name, kMonths[i])) return static_cast<int>(i) + 1;
    return 0;
}

std::optional<int> digits(std::string_view s, size_t least, size_t most, int max)
{
    if (s.size() < least || s.size() > most) return std::nullopt;
    auto n = to_number<uint32_t>(s, static_cast<uint32_t>(max));
    if (!n) return std::nullopt;
    return static_cast<int>(*n);
}

Error bad_date()
{
    return Error{Code::syntax, "Invalid date"};
}

// "7-Feb-1994"
Result<Civil> parse_civil(std::string_view text)
{
    const auto parts = split(text, '-');
    if (parts.size() != 3) return bad_date();
    const auto day = digits(parts[0], 1, 2, 31);
    const auto year = digits(parts[2], 4, 4, 9999);
    const int month = month_of(parts[1]);
    if (!day || !year || month == 0 || *day < 1 || *day > days_in_month(*year, month))
        return bad_date();
    return Civil{*year, month, *day};
}

// "21:52:25" or "21:52"; 60 is a leap second.
std::optional<int> parse_time(std::string_view text, bool need_seconds, size_t hour_digits)
{
    const auto parts = split(text, ':');
    if (parts.size() != 3 && (need_seconds || parts.size() != 2)) return std::nullopt;
    const auto hour = digits(parts[0], hour_digits, 2, 23);
    const auto minute = digits(parts[1], hour_digits, 2, 59);
    const auto second = parts.size() == 3 ? digits(parts[2], hour_digits, 2, 60) : 0;
    if (!hour || !minute || !second) return std::nullopt;
    return *hour * 3600 + *minute * 60 + *second;
}

std::optional<int> parse_zone(std::string_view text)
{
    if (text.size() != 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    const auto hours = digits(text.substr(1, 2), 2, 2, 99);
    const auto minutes = digits(text.substr(3, 2), 2, 2, 59);
    if (!hours || !minutes) return std::nullopt;
    const int n = *hours * 60 + *minutes;
    return text[0] == '-' ? -n : n;
}

// RFC 5322 4.3: zones by name; what is unknown is +0000.
int named_zone(std::string_view name)
{
    struct Zone {
        std::string_view name;
        int hours;
    };
    constexpr std::array<Zone, 10> kZones = {{{"EDT", -4},
                                              {"EST", -5},
                                              {"CDT", -5},
                                              {"CST", -6},
                                              {"MDT", -6},
                                              {"MST", -7},
                                              {"PDT", -7},
                                              {"PST", -8},
                                              {"CET", 1},
                                              {"CEST", 2}}};
    for (const auto& z : kZones)
        if (equal_nocase(name, z.name)) return z.hours * 60;
    return 0;
}

void put_two(std::string& out, int64_t n, char fill = '0')
{
    if (n < 10) out.push_back(fill);
    append_to(out, n);
}

void put_year(std::string& out, int64_t year)
{
    for (int64_t least = 1000; least > 1 && year < least && year >= 0; least /= 10)
        out.push_back('0');
    append_to(out, year);
}

struct Broken {
    Civil date;
    int64_t day;
    int64_t second;  // within the day
};

Broken break_down(const DateTime& when)
{
    const int64_t local = when.seconds + int64_t{when.zone_minutes} * 60;
    int64_t day = local / 86400;
    int64_t second = local % 86400;
    if (second < 0) {
        second += 86400;
        day--;
    }
    return Broken{civil_from_days(day), day, second};
}

void put_clock(std::string& out, const Broken& b, int32_t zone)
{
    put_two(out, b.second / 3600);
    out.push_back(':');
    put_two(out, b.second / 60 % 60);
    out.push_back(':');
    put_two(out, b.second % 60);
    out.append(zone < 0 ? " -" : " +");
    const int32_t n = zone < 0 ? -zone : zone;
    put_two(out, n / 60);
    put_two(out, n % 60);
}

// The words of a header date: comments out, commas are spaces.
std::vector<std::string> header_words(std::string_view text)
{
    constexpr size_t kMaxWords = 16;
    std::vector<std::string> words;
    std::string word;
    int depth = 0;
    auto end_word = [&] {
        if (!word.empty() && words.size() < kMaxWords) words.push_back(word);
        word.clear();
    };
    for (size_t i = 0; i < text.size(); i++) {
        const char c = text[i];
        if (c == '\\' && depth > 0) {
            i++;
        } else if (c == '(') {
            end_word();
            depth++;
        } else if (c == ')') {
            if (depth > 0) depth--;
        } else if (depth > 0) {
            continue;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',') {
            end_word();
        } else if (word.size() < 64) {
            word.push_back(c);
        }
    }
    end_word();
    return words;
}

int64_t full_year(int year, size_t written_digits)
{
    // RFC 5322 4.3: 00-49 are 2000-2049, 50-99 and three digits are 19xx.
    if (written_digits == 2) return year < 50 ? year + 2000 : year + 1900;
    if (written_digits == 3) return year + 1900;
    return year;
}

}  // namespace

Result<DateTime> parse_date_time(std::string_view text)
{
    if (!text.empty() && text[0] == ' ') text.remove_prefix(1);
    const auto parts = split(text, ' ');
    if (parts.size() != 3) return bad_date();
    TRY_ASSIGN(const Civil date, parse_civil(parts[0]));
    const auto clock = parse_time(parts[1], true, 2);
    const auto zone = parse_zone(parts[2]);
    if (!clock || !zone) return bad_date();
    return DateTime{days_from_civil(date) * 86400 + *clock - int64_t{*zone} * 60, *zone};
}

std::string format_date_time(const DateTime& when)
{
    const Broken b = break_down(when);
    std::string out;
    put_two(out, b.date.day, ' ');
    cat_to(out, '-', kMonths[static_cast<size_t>(b.date.month - 1)], '-');
    put_year(out, b.date.year);
    out.push_back(' ');
    put_clock(out, b, when.zone_minutes);
    return out;
}

Result<int64_t> parse_date(std::string_view text)
{
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    TRY_ASSIGN(const Civil date, parse_civil(text));
    return days_from_civil(date);
}

int64_t day_of(const DateTime& when)
{
    return break_down(when).day;
}

std::optional<DateTime> parse_header_date(std::string_view text)
{
    const auto words = header_words(text);
    // [day-name] day month year time [zone]: find the month, the rest stands around it.
    for (size_t m = 1; m + 2 < words.size(); m++) {
        const int month = month_of(std::string_view(words[m]).substr(0, 3));
        if (month == 0) continue;
        const auto day = digits(words[m - 1], 1, 2, 31);
        const auto year = digits(words[m + 1], 2, 4, 9999);
        const auto clock = parse_time(words[m + 2], false, 1);
        if (!day || !year || !clock) return std::nullopt;
        const int64_t y = full_year(*year, words[m + 1].size());
        if (*day < 1 || *day > days_in_month(y, month)) return std::nullopt;
        int zone = 0;
        if (m + 3 < words.size()) {
            const auto numeric = parse_zone(words[m + 3]);
            zone = numeric ? *numeric : named_zone(words[m + 3]);
        }
        const int64_t days = days_from_civil(Civil{y, month, *day});
        return DateTime{days * 86400 + *clock - int64_t{zone} * 60, zone};
    }
    return std::nullopt;
}

std::string format_header_date(const DateTime& when)
{
    const Broken b = break_down(when);
    const int64_t weekday = ((b.day + 4) % 7 + 7) % 7;
    std::string out = cat(kDays[static_cast<size_t>(weekday)], ", ", b.date.day, ' ',
                          kMonths[static_cast<size_t>(b.date.month - 1)], ' ');
    put_year(out, b.date.year);
    out.push_back(' ');
    put_clock(out, b, when.zone_minutes);
    return out;
}

int32_t local_zone_minutes(int64_t seconds)
{
    const auto t = static_cast<time_t>(seconds);
    tm local{};
    if (::localtime_r(&t, &local) == nullptr) return 0;
    const int64_t as_if_utc =
        days_from_civil(Civil{int64_t{local.tm_year} + 1900, local.tm_mon + 1, local.tm_mday}) *
            86400 +
        int64_t{local.tm_hour} * 3600 + int64_t{local.tm_min} * 60 + local.tm_sec;
    return static_cast<int32_t>((as_if_utc - seconds) / 60);
}

}  // namespace rookery::text
