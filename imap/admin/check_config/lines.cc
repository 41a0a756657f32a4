#include "imap/admin/check_config/lines.h"

#include <algorithm>
#include <array>

#include "lib/base/spelling.h"
#include "lib/base/strings.h"
#include "lib/config/cyrus_options.h"
#include "lib/config/option_names.h"

namespace rookery::admin::check_config {
namespace {

using std::string_view;

const std::vector<string_view> kKeys = {"cmd",      "listen", "proto",       "prefork",
                                        "maxchild", "maxfds", "maxforkrate", "babysit",
                                        "period",   "at",     "cron",        "wait"};
const std::vector<string_view> kSections = {"START", "SERVICES", "EVENTS", "DAEMON"};
const std::vector<string_view> kPrograms = {
    "imapd",     "proxyd",  "lmtpd",          "lmtpproxyd",   "nntpd",        "pop3d",
    "timsieved", "mupdate", "cyr_expire",     "ctl_cyrusdb",  "ctl_mboxlist", "reconstruct",
    "quota",     "deliver", "rookery-submit", "rookery-feed", "fetchnews",    "squatter",
    "tls_prune", "murder",  "ipurge",         "ptexpire",     "arbitron",     "chk_cyrus"};

// What stands between the first two quotes.
string_view quoted(string_view text)
{
    const size_t begin = text.find('"');
    const size_t end = text.find('"', begin + 1);
    return end == text.npos ? string_view() : text.substr(begin + 1, end - begin - 1);
}

}  // namespace

const config::OptionSpec* spec_of(const config::Line& line)
{
    string_view name = line.name;
    auto index = config::find_option(name);
    if (!index && config::find_cyrus_option(name) == nullptr && !config::fits_a_family(name))
        index = config::find_option(name.substr(config::service_prefix(name)));
    return index ? &config::option_table()[*index] : nullptr;
}

const config::Line* given_before(const std::vector<config::Line>& lines, const config::Line& line)
{
    for (const config::Line& other : lines) {
        if (&other == &line) break;
        if (other.name == line.name) return &other;
    }
    return nullptr;
}

bool is_sound(const std::vector<config::Line>& lines, const config::Line& line)
{
    if (given_before(lines, line) != nullptr) return false;
    const config::OptionSpec* spec = spec_of(line);
    return spec == nullptr || config::parse_value(*spec, line.value).ok();
}

std::string example_value(const config::OptionSpec& spec, string_view value)
{
    if (spec.type == config::Type::flag) return "yes or no";
    if (spec.type == config::Type::list && value.find(',') != string_view::npos) {
        std::string spaced;
        for (const string_view word : split(value, ',', false))
            cat_to(spaced, spaced.empty() ? "" : " ", trim(word));
        return spaced;
    }
    const auto words = split(spec.words, ' ', false);
    if (!words.empty()) {
        const std::string lower = to_lower(value);
        const string_view near = nearest(lower, words);
        return std::string(near.empty() ? (spec.has_default ? spec.fallback : words.front())
                                        : near);
    }
    if (spec.has_default) return std::string(spec.fallback);
    return spec.type == config::Type::duration ? "10m" : cat(spec.min);
}

string_view nearest_program(string_view name)
{
    return nearest(name, kPrograms);
}

bool is_our_program(string_view name)
{
    return std::find(kPrograms.begin(), kPrograms.end(), name) != kPrograms.end();
}

std::string unknown_key_advice(string_view text)
{
    if (text.find("is not known") == text.npos) return "# in front of the line";
    const string_view near = nearest(quoted(text), kKeys);
    if (near.empty()) return cat("the line without ", quoted(text));
    return cat(near, "=");
}

std::string cyrus_conf_advice(string_view text)
{
    if (text.find("none of the sections") != text.npos) {
        const std::string word = to_upper(text.substr(0, text.find(' ')));
        const string_view near = nearest(word, kSections);
        return cat(near.empty() ? "SERVICES" : near, " {");
    }
    if (text.find("section") != text.npos) return "a } where the section ends";
    if (text.find("of the name") != text.npos) return "another name for one of them";
    if (text.find("listen") != text.npos) return "listen=\"port\", \"host:port\" or \"/path\"";
    return "name cmd=\"program arguments\" key=value ...";
}

}  // namespace rookery::admin::check_config
