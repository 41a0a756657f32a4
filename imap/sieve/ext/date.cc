// RFC 5260: date, currentdate, and the tags :index and :last.
#include <chrono>
#include <optional>

#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"
#include "imap/sieve/targets.h"
#include "lib/base/strings.h"
#include "lib/text/imap_date.h"

namespace rookery::sieve::ext {
namespace {

using text::DateTime;

// time-zone: sign and four digits (4.1).
std::optional<int32_t> zone_minutes(std::string_view text)
{
    if (text.size() != 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    const auto hours = to_number<uint32_t>(text.substr(1, 2), 23);
    const auto minutes = to_number<uint32_t>(text.substr(3), 59);
    if (!hours || !minutes) return std::nullopt;
    const auto n = static_cast<int32_t>(*hours * 60 + *minutes);
    return text[0] == '-' ? -n : n;
}

std::string digits(int64_t n, size_t width)
{
    std::string out = cat(n);
    return out.size() < width ? std::string(width - out.size(), '0') + out : out;
}

std::string zone_text(int32_t minutes, bool with_colon)
{
    const int32_t n = minutes < 0 ? -minutes : minutes;
    return cat(minutes < 0 ? '-' : '+', digits(n / 60, 2), with_colon ? ":" : "",
               digits(n % 60, 2));
}

// The date-part of 4.2, none if there is no such part.
std::optional<std::string> date_part(const DateTime& when, std::string_view part)
{
    constexpr int64_t kDay = 86400;
    constexpr int64_t kModifiedJulianOfEpoch = 40587;
    const int64_t local = when.seconds + int64_t{when.zone_minutes} * 60;
    const int64_t day = local >= 0 ? local / kDay : -((kDay - 1 - local) / kDay);
    const int64_t second = local - day * kDay;
    const std::chrono::year_month_day date{
        std::chrono::sys_days(std::chrono::days(static_cast<int32_t>(day)))};
    const std::string year = digits(static_cast<int>(date.year()), 4);
    const std::string month = digits(static_cast<unsigned>(date.month()), 2);
    const std::string in_month = digits(static_cast<unsigned>(date.day()), 2);
    const std::string time = cat(digits(second / 3600, 2), ':', digits(second / 60 % 60, 2), ':',
                                 digits(second % 60, 2));
    const std::string name = to_lower(part);
    if (name == "year") return year;
    if (name == "month") return month;
    if (name == "day") return in_month;
    if (name == "date") return cat(year, '-', month, '-', in_month);
    if (name == "julian") return cat(day + kModifiedJulianOfEpoch);
    if (name == "hour") return time.substr(0, 2);
    if (name == "minute") return time.substr(3, 2);
    if (name == "second") return time.substr(6);
    if (name == "time") return time;
    if (name == "iso8601")
        return cat(year, '-', month, '-', in_month, 'T', time,
                   when.zone_minutes == 0 ? "Z" : zone_text(when.zone_minutes, true));
    if (name == "std11") return text::format_header_date(when);
    if (name == "zone") return zone_text(when.zone_minutes, false);
    if (name == "weekday") return cat(((day + 4) % 7 + 7) % 7);
    return std::nullopt;
}

Status check_date(const Node& node, const Program& program)
{
    const std::string& part = node.arguments[node.arguments.size() - 2].strings[0];
    if (is_constant(part, program) && !date_part({}, part))
        return Error{Code::syntax, cat("\"", part, "\" is not a part of a date")};
    const Value* zone = node.tag("zone");
    if (zone != nullptr && is_constant(zone->strings[0], program) &&
        !zone_minutes(zone->strings[0]))
        return Error{Code::syntax, "':zone' expects an offset like \"+0100\""};
    return success();
}

Result<bool> compare_date(Interpreter& in, const Node& node, std::optional<DateTime> when)
{
    std::vector<std::string> values;
    if (when) {
        if (const Value* zone = node.tag("zone")) {
            const auto minutes = zone_minutes(in.text(*zone));
            if (!minutes) return Error{Code::syntax, "':zone' expects an offset like \"+0100\""};
            when->zone_minutes = *minutes;
        } else if (!node.has("originalzone")) {
            when->zone_minutes = in.environment().now().zone_minutes;
        }
        const auto& part = node.arguments[node.arguments.size() - 2];
        if (auto value = date_part(*when, in.text(part))) values.push_back(*std::move(value));
    }
    return in.compare(node, values, in.texts(node.arguments.back()));
}

Result<bool> test_date(Interpreter& in, const Node& node)
{
    TRY_ASSIGN(const auto values, header_values(in, node, {in.text(node.arguments[0])}, true));
    if (values.empty()) return compare_date(in, node, std::nullopt);
    // The date of a Received field, and of its like, is behind its last semicolon.
    auto when = text::parse_header_date(values[0]);
    const size_t semicolon = values[0].rfind(';');
    if (semicolon != std::string::npos)
        when = text::parse_header_date(trim(std::string_view(values[0]).substr(semicolon + 1)));
    return compare_date(in, node, when);
}

Result<bool> test_currentdate(Interpreter& in, const Node& node)
{
    return compare_date(in, node, in.environment().now());
}

constexpr Kind kDate[] = {Kind::string, Kind::string, Kind::strings};
constexpr Kind kCurrent[] = {Kind::string, Kind::strings};
constexpr Tag kZones[] = {{"originalzone", Kind::none, "zone"}, {"zone", Kind::string, "zone"}};
constexpr Tag kZone[] = {{"zone", Kind::string}};
constexpr Command kTests[] = {
    {.name = "currentdate",
     .arguments = kCurrent,
     .tags = kZone,
     .takes = takes_match,
     .check = check_date,
     .test = test_currentdate},
    {.name = "date",
     .arguments = kDate,
     .tags = kZones,
     .takes = takes_match,
     .check = check_date,
     .test = test_date},
};
constexpr std::string_view kIndexed[] = {"address", "date", "header"};
constexpr AddedTag kIndex[] = {
    {kIndexed, {"index", Kind::number}},
    {kIndexed, {.name = "last", .needs = "index"}},
};

}  // namespace

const Extension date{.tests = kTests};
const Extension index{.tags = kIndex};

}  // namespace rookery::sieve::ext
