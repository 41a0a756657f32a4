#include "imap/admin/check_config/lines.h"

#include <algorithm>

#include "lib/base/spelling.h"
#include "lib/base/strings.h"
#include "lib/config/cyrus_options.h"
#include "lib/config/option_names.h"

namespace rookery::admin::check_config {
namespace {

using std::string_view;

const std::vector<string_view> kPrograms = {
    "imapd",     "proxyd",  "lmtpd",          "lmtpproxyd",   "nntpd",        "pop3d",
    "timsieved", "mupdate", "cyr_expire",     "ctl_cyrusdb",  "ctl_mboxlist", "reconstruct",
    "quota",     "deliver", "rookery-submit", "rookery-feed", "fetchnews",    "squatter",
    "tls_prune", "murder",  "ipurge",         "ptexpire",     "arbitron",     "chk_cyrus"};

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

bool is_secret(string_view name)
{
    return name.ends_with("_password") || name == "newspeer" || name == "sasl_sql_passwd" ||
           name == "sasl_ldapdb_pw";
}

string_view nearest_program(string_view name)
{
    return nearest(name, kPrograms);
}

bool is_our_program(string_view name)
{
    return std::find(kPrograms.begin(), kPrograms.end(), name) != kPrograms.end();
}

}  // namespace rookery::admin::check_config
