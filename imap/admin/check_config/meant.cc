#include "imap/admin/check_config/meant.h"

#include <algorithm>
#include <array>
#include <vector>

#include "lib/base/spelling.h"
#include "lib/base/strings.h"

namespace rookery::admin::check_config {
namespace {

using std::string_view;

constexpr string_view kDigits = "0123456789";
constexpr uint64_t kMax = uint64_t{1} << 40;

// Takes what consists of these characters off the front.
string_view take(string_view& text, string_view characters)
{
    const size_t end = std::min(text.find_first_not_of(characters), text.size());
    const string_view taken = text.substr(0, end);
    text.remove_prefix(end);
    return taken;
}

struct Unit {
    string_view word;  // and with an s behind it
    char letter;
    uint64_t factor;
};
constexpr std::array kUnits = {
    Unit{"s", 's', 1},    Unit{"sec", 's', 1},    Unit{"second", 's', 1}, Unit{"m", 'm', 1},
    Unit{"min", 'm', 1},  Unit{"minute", 'm', 1}, Unit{"h", 'h', 1},      Unit{"hr", 'h', 1},
    Unit{"hour", 'h', 1}, Unit{"d", 'd', 1},      Unit{"day", 'd', 1},    Unit{"w", 'd', 7},
    Unit{"week", 'd', 7},
};

const Unit* unit_of(string_view word)
{
    for (const Unit& unit : kUnits)
        if (word == unit.word || (unit.word.size() > 1 && word == cat(unit.word, 's')))
            return &unit;
    return nullptr;
}

// "64K", "10 MB", "90%"; "" = it leaves a doubt.
std::string meant_number(const config::OptionSpec& spec, string_view value)
{
    string_view rest = value;
    const auto n = to_uint64(take(rest, kDigits), kMax);
    if (!n) return {};
    std::string unit = to_upper(trim(rest));
    if (unit == "%" && (spec.max == 100 || spec.name.ends_with("percent"))) return cat(*n);
    if (unit.ends_with("IB")) unit.resize(unit.size() - 2);
    if (unit.ends_with('B')) unit.pop_back();
    const size_t power = unit.size() == 1 ? string_view("KMG").find(unit) : unit.npos;
    if (power == unit.npos || spec.unit != config::kKilobyte) return {};
    uint64_t kilobytes = *n;
    for (size_t i = 0; i < power; ++i) kilobytes *= config::kKilobyte;
    return cat(kilobytes);
}

std::string range_of(const config::OptionSpec& spec, string_view what)
{
    constexpr int64_t kNoMax = int64_t{1} << 53;
    std::string out(what);
    if (spec.max < kNoMax) return cat(out, ", ", spec.min, " to ", spec.max);
    return spec.min > 0 ? cat(out, ", ", spec.min, " or more") : out;
}

std::string alternatives(const std::vector<string_view>& words)
{
    std::string out;
    for (size_t i = 0; i < words.size(); ++i)
        cat_to(out, i == 0 ? "" : i + 1 == words.size() ? " or " : ", ", words[i]);
    return out;
}

// Each word as it is allowed.
std::string meant_list(const std::vector<string_view>& allowed, string_view value)
{
    std::string spaced(value);
    std::replace(spaced.begin(), spaced.end(), ',', ' ');
    std::string out;
    for (const string_view word : split_words(spaced)) {
        const std::string lower = to_lower(word);
        const string_view near = allowed.empty() ? word : nearest(lower, allowed);
        if (near.empty()) return cat("words of: ", alternatives(allowed));
        cat_to(out, out.empty() ? "" : " ", near);
    }
    return out;
}

}  // namespace

std::string meant_duration(string_view value)
{
    std::string out;
    const std::string lower = to_lower(value);
    for (string_view rest = trim(lower); !rest.empty(); rest = trim(rest)) {
        const auto n = to_uint64(take(rest, kDigits), kMax);
        rest = trim(rest);
        const Unit* unit = unit_of(take(rest, "abcdefghijklmnopqrstuvwxyz"));
        if (!n || unit == nullptr) return {};
        cat_to(out, *n * unit->factor, unit->letter);
    }
    return out;
}

std::string meant_mask(string_view value)
{
    string_view digits = value;
    for (const string_view prefix : {"0o", "0O"})
        if (digits.starts_with(prefix)) digits.remove_prefix(prefix.size());
    const size_t first = std::min(digits.find_first_not_of('0'), digits.size());
    digits.remove_prefix(first);
    if (digits.size() > 3 || digits.find_first_not_of("01234567") != digits.npos ||
        !digits.ends_with('7'))
        return "027, or 077 where the group is not to read";
    return cat(digits.size() < 3 ? "0" : "", digits.size() < 2 ? "0" : "", digits);
}

std::string meant_value(const config::OptionSpec& spec, string_view value)
{
    const auto words = split(spec.words, ' ', false);
    switch (spec.type) {
        case config::Type::text:
        case config::Type::path: break;
        case config::Type::flag: return "yes or no";
        case config::Type::list: return meant_list(words, value);
        case config::Type::integer: {
            const std::string number = meant_number(spec, value);
            if (!number.empty() && config::parse_value(spec, number)) return number;
            return range_of(spec,
                            spec.unit == config::kKilobyte ? "a number of kilobytes" : "a number");
        }
        case config::Type::duration: {
            const std::string duration = meant_duration(value);
            if (!duration.empty() && config::parse_value(spec, duration)) return duration;
            return "a number with s, m, h or d behind it";
        }
        case config::Type::word: {
            const std::string lower = to_lower(value);
            const string_view near = nearest(lower, words);
            return near.empty() ? alternatives(words) : std::string(near);
        }
    }
    return {};
}

std::string with_word(string_view list, string_view wrong, string_view word)
{
    std::string out;
    for (const string_view one : split_words(list))
        cat_to(out, out.empty() ? "" : " ", one == wrong ? word : one);
    return out;
}

}  // namespace rookery::admin::check_config
