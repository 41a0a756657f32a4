#include "imap/admin/check_config/entries.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "imap/admin/check_config/meant.h"
#include "lib/base/spelling.h"
#include "lib/base/strings.h"
#include "lib/config/option_names.h"
#include "lib/config/option_spec.h"

namespace rookery::admin::check_config {
namespace {

using std::string_view;

const std::vector<string_view> kKeys = {"cmd",      "listen", "proto",       "prefork",
                                        "maxchild", "maxfds", "maxforkrate", "babysit",
                                        "period",   "at",     "cron",        "wait"};
const std::vector<string_view> kServiceKeys = {"cmd",      "listen", "proto",       "prefork",
                                               "maxchild", "maxfds", "maxforkrate", "babysit"};
const std::vector<string_view> kSections = {"START", "SERVICES", "EVENTS", "DAEMON"};
constexpr string_view kForm = "name cmd=\"program arguments\" key=value ...";

bool is_one_of(const std::vector<string_view>& words, string_view word)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool has(string_view text, string_view part)
{
    return text.find(part) != text.npos;
}

// What stands between the first two quotes.
string_view quoted(string_view text)
{
    const size_t begin = text.find('"');
    const size_t end = text.find('"', begin + 1);
    return end == text.npos ? string_view() : text.substr(begin + 1, end - begin - 1);
}

// Of key=value or key="value" in the line; "" = it is not there.
string_view value_of(string_view line, string_view key)
{
    const std::string begin = cat(key, '=');
    size_t at = line.find(begin);
    while (at != line.npos && at > 0 && line[at - 1] != ' ' && line[at - 1] != '\t')
        at = line.find(begin, at + 1);
    if (at == line.npos) return {};
    const string_view value = line.substr(at + begin.size());
    return value.starts_with('"') ? quoted(value) : value.substr(0, value.find_first_of(" \t"));
}

std::string cron_advice(string_view line)
{
    const auto fields = split_words(value_of(line, "cron"));
    if (fields.size() != 4) return "cron=\"minute hour day month weekday\"";
    std::string out = "cron=\"";
    for (const string_view field : fields) cat_to(out, field, ' ');
    return cat(out, "*\"");
}

// "period=30m": in minutes.
std::string number_advice(string_view key, string_view line)
{
    if (key != "period") return cat(key, "=NUMBER");
    const auto seconds = config::parse_duration(meant_duration(value_of(line, key)), 60);
    if (!seconds || *seconds % 60 != 0) return "period=NUMBER, in minutes";
    return cat("period=", *seconds / 60);
}

// "4:01", "04.01"
std::string time_advice(string_view line)
{
    std::string digits;
    for (const char c : value_of(line, "at"))
        if (c >= '0' && c <= '9') digits.push_back(c);
    const auto at = to_number<unsigned>(digits, 2359);
    if (!at || digits.size() < 3 || digits.size() > 4 || *at % 100 > 59)
        return "at=hhmm, such as at=0401";
    return cat("at=", digits.size() == 3 ? "0" : "", digits);
}

// The line with a word that stands alone in the quotes of the value before it.
std::string quotes_advice(string_view line)
{
    const auto words = split_words(line);
    std::vector<std::pair<string_view, std::string>> values;
    for (size_t i = 1; i < words.size(); ++i) {
        const size_t end = words[i].find('=');
        if (end != string_view::npos && is_one_of(kKeys, words[i].substr(0, end)))
            values.emplace_back(words[i].substr(0, end), words[i].substr(end + 1));
        else if (values.empty())
            return std::string(kForm);
        else
            cat_to(values.back().second, ' ', words[i]);
    }
    std::string out(words.empty() ? string_view("name") : words.front());
    for (auto& [key, value] : values) {
        std::erase(value, '"');
        const bool is_plain = value.find_first_not_of("0123456789") == value.npos;
        cat_to(out, ' ', key, is_plain ? "=" : "=\"", value, is_plain ? "" : "\"");
    }
    return values.empty() ? std::string(kForm) : out;
}

}  // namespace

bool is_service_key(string_view key)
{
    return is_one_of(kServiceKeys, key);
}

std::string unknown_key_advice(string_view text, string_view line)
{
    if (!has(text, "is not known")) return "# in front of the line";
    const string_view key = quoted(text);
    const string_view near = nearest(key, kKeys);
    if (!near.empty()) return cat(near, '=', value_of(line, key));
    const std::string option = to_lower(key);
    if (!config::find_option(option)) return cat("the line without ", key);
    return cat(text.substr(0, text.find(':')), '_', option, ": ", value_of(line, key),
               " in imapd.conf");
}

std::string cyrus_conf_advice(string_view text, string_view line)
{
    if (has(text, "none of the sections")) {
        const std::string word = to_upper(text.substr(0, text.find(' ')));
        const string_view near = nearest(word, kSections);
        return cat(near.empty() ? "SERVICES" : near, " {");
    }
    if (has(text, "is missing in front of")) return "} in front of this line";
    if (has(text, "section")) return "a } where the section ends";
    if (has(text, "of the name")) return "another name for one of them";
    if (has(text, "listen")) return "listen=\"port\", \"host:port\" or \"/path\"";
    if (has(text, "cron goes without")) return "cron, or at and period";
    if (has(text, "cron: ")) return cron_advice(line);
    if (has(text, "at=hhmm")) return time_advice(line);
    if (has(text, "a number is expected"))
        return number_advice(text.substr(0, text.find('=')), line);
    if (has(text, "a switch is expected")) return cat(text.substr(0, text.find('=')), "=yes or no");
    if (has(text, "\"key=value\" is expected")) return quotes_advice(line);
    return std::string(kForm);
}

std::string listen_advice(string_view listen)
{
    const size_t colon = listen.rfind(':');
    if (listen.starts_with('/')) return "listen= with the path of a folder that is nearer to /";
    if (colon == listen.npos || listen.find(':') == colon || listen.starts_with('[') ||
        colon + 1 == listen.size())
        return "listen=\"port\", \"host:port\" or \"/path\"";
    string_view address = listen.substr(0, colon);
    // The port behind "::" is one of the address.
    return cat("listen=\"[", address == ":" ? "::" : address, "]:", listen.substr(colon + 1), '"');
}

}  // namespace rookery::admin::check_config
