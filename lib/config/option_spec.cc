// Values of options: from text to what the type says.
#include "lib/base/strings.h"
#include "lib/config/option_spec.h"

namespace rookery::config {
namespace {

Error bad(std::string_view text)
{
    return Error{Code::config, std::string(text)};
}

Result<int64_t> parse_integer(std::string_view text)
{
    bool negative = !text.empty() && text.front() == '-';
    if (negative) text.remove_prefix(1);
    auto n = to_uint64(text, uint64_t{1} << 53);
    if (!n) return bad("a number is expected");
    auto value = static_cast<int64_t>(*n);
    return negative ? -value : value;
}

int64_t seconds_of(char letter)
{
    switch (to_lower(letter)) {
        case 's': return 1;
        case 'm': return 60;
        case 'h': return 3600;
        case 'd': return 86400;
        default: return 0;
    }
}

Status check_range(const OptionSpec& spec, int64_t n)
{
    if (n < spec.min) return bad(cat("must be at least ", spec.min));
    if (n > spec.max) return bad(cat("must be at most ", spec.max));
    return success();
}

Result<int64_t> parse_word(const OptionSpec& spec, std::string_view text)
{
    std::vector<std::string_view> words = split(spec.words, ' ');
    for (size_t i = 0; i < words.size(); i++)
        if (equal_nocase(words[i], text)) return static_cast<int64_t>(i);
    auto flag = parse_switch(text);  // "yes" where the words are on and off
    std::string_view other = flag && *flag ? "on" : "off";
    for (size_t i = 0; flag && i < words.size(); i++)
        if (words[i] == other) return static_cast<int64_t>(i);
    return bad(cat("must be one of: ", spec.words));
}

Result<std::vector<std::string>> parse_list(const OptionSpec& spec, std::string_view text)
{
    std::vector<std::string> items;
    std::vector<std::string_view> allowed = split(spec.words, ' ', false);
    std::string spaced(text);
    for (char& c : spaced)
        if (c == '\t') c = ' ';
    for (std::string_view item : split(spaced, ' ', false)) {
        bool fits = allowed.empty();
        for (std::string_view word : allowed) fits = fits || equal_nocase(word, item);
        if (!fits) return bad(cat("\"", item, "\" is not one of: ", spec.words));
        items.emplace_back(item);
    }
    return items;
}

}  // namespace

Result<bool> parse_switch(std::string_view text)
{
    std::string t = to_lower(text);
    if (t == "0" || t.starts_with('n') || t.starts_with("of") || t.starts_with('f')) return false;
    if (t == "1" || t.starts_with('y') || t.starts_with("on") || t.starts_with('t')) return true;
    return bad("a switch is expected: yes, no, on, off, true, false, 1 or 0");
}

Result<int64_t> parse_duration(std::string_view text, int64_t unit)
{
    bool negative = !text.empty() && text.front() == '-';
    if (negative) text.remove_prefix(1);
    constexpr int64_t kMax = int64_t{100} * 366 * 86400;
    if (text.empty()) return bad("a duration is expected, such as 90s or 1d12h");
    int64_t total = 0;
    while (!text.empty()) {
        size_t digits = text.find_first_not_of("0123456789");
        auto n = to_uint64(text.substr(0, digits), static_cast<uint64_t>(kMax));
        if (!n) return bad("a duration is expected, such as 90s or 1d12h");
        int64_t factor = digits == text.npos ? unit : seconds_of(text[digits]);
        if (factor == 0) return bad("a duration is expected, such as 90s or 1d12h");
        auto count = static_cast<int64_t>(*n);
        if (count > (kMax - total) / factor) return bad("the duration is too long");
        total += count * factor;
        text.remove_prefix(digits == text.npos ? text.size() : digits + 1);
    }
    return negative ? -total : total;
}

Result<Value> parse_value(const OptionSpec& spec, std::string_view text)
{
    Value value;
    value.text = text;
    switch (spec.type) {
        case Type::text:
        case Type::path: break;
        case Type::list: {
            TRY_ASSIGN(value.items, parse_list(spec, text));
            break;
        }
        case Type::flag: {
            TRY_ASSIGN(bool on, parse_switch(text));
            value.number = on ? 1 : 0;
            break;
        }
        case Type::integer: {
            TRY_ASSIGN(value.number, parse_integer(text));
            TRY(check_range(spec, value.number));
            break;
        }
        case Type::duration: {
            if (text == "-1" && spec.min == -1) {
                value.number = -1;
                break;
            }
            TRY_ASSIGN(value.number, parse_duration(text, spec.unit));
            TRY(check_range(spec, value.number));
            break;
        }
        case Type::word: {
            TRY_ASSIGN(value.number, parse_word(spec, text));
            break;
        }
    }
    return value;
}

}  // namespace rookery::config
