// imapd.conf, line by line.
#include <grp.h>

#include <algorithm>
#include <array>
#include <optional>

#include "imap/admin/check_config/checks.h"
#include "imap/admin/check_config/entries.h"
#include "imap/admin/check_config/lines.h"
#include "imap/admin/check_config/meant.h"
#include "imap/mupdate/master/rules.h"
#include "lib/base/spelling.h"
#include "lib/base/strings.h"
#include "lib/config/cyrus_options.h"
#include "lib/config/option_names.h"
#include "lib/service/service_setup.h"

namespace rookery::admin::check_config {
namespace {

using std::string_view;

Place place_of(const config::Line& line)
{
    return {line.file, line.number};
}

// Tools that have options of their own in front of whose name stands theirs.
constexpr std::array kTools = {
    "master",     "murder", "deliver",      "ctl_mboxlist",   "ctl_cyrusdb",
    "cyr_expire", "quota",  "reconstruct",  "rookery-passwd", "rookery-submit",
    "sievec",     "cyradm", "rookery-feed", "fetchnews",
};

// Those of libsasl2 and its plug-ins.
const std::vector<string_view> kSaslOptions = {
    "sasl_mech_list",         "sasl_pwcheck_method",
    "sasl_auxprop_plugin",    "sasl_saslauthd_path",
    "sasl_minimum_layer",     "sasl_maximum_layer",
    "sasl_sasldb_path",       "sasl_keytab",
    "sasl_auto_transition",   "sasl_log_level",
    "sasl_canon_user_plugin", "sasl_plugin_list",
    "sasl_reauth_timeout",    "sasl_srvtab",
    "sasl_opiekeys",          "sasl_otp_mda",
    "sasl_srp_mda",           "sasl_srp_mechlist",
    "sasl_sql_engine",        "sasl_sql_hostnames",
    "sasl_sql_user",          "sasl_sql_passwd",
    "sasl_sql_database",      "sasl_sql_select",
    "sasl_sql_insert",        "sasl_sql_update",
    "sasl_sql_usessl",        "sasl_ldapdb_uri",
    "sasl_ldapdb_id",         "sasl_ldapdb_mech",
    "sasl_ldapdb_pw",         "sasl_ldapdb_rc",
    "sasl_ldapdb_starttls",   "sasl_ldapdb_canon_attr",
    "sasl_ldap_servers",      "sasl_pwcheck_auxprop_hash",
};

bool is_service(const Server& server, string_view name)
{
    for (const char* tool : kTools)
        if (name == tool) return true;
    return std::any_of(server.services.begin(), server.services.end(),
                       [&](const Service& s) { return to_lower(s.entry.name) == name; });
}

std::string service_names(const Server& server)
{
    std::string names;
    for (const Service& s : server.services) cat_to(names, names.empty() ? "" : ", ", s.entry.name);
    return names;
}

std::string nearest_service(const Server& server, string_view name)
{
    std::vector<std::string> lower;
    for (const Service& s : server.services) lower.push_back(to_lower(s.entry.name));
    const std::vector<string_view> names(lower.begin(), lower.end());
    if (const string_view near = nearest(name, names); !near.empty()) return std::string(near);
    for (string_view one : names)  // lmtp, or lmpt, where the service is lmtpunix
        if (name.size() > 2 && is_near(name, one.substr(0, name.size()))) return std::string(one);
    return {};
}

void add(Findings& findings, Severity severity, const config::Line& line, std::string text,
         std::string write)
{
    findings.push_back({severity, place_of(line), std::move(text), std::move(write)});
}

void tell_cyrus_option(const config::Line& line, const config::CyrusOptions& group,
                       Findings& findings)
{
    add(findings, Severity::note, line,
        cat(line.name,
            group.is_missed ? " is not implemented: " : " is not needed: ", group.reason),
        group.instead.empty() ? std::string("nothing: take the line out")
                              : std::string(group.instead));
}

void tell_unknown(const config::Line& line, string_view near, Findings& findings)
{
    add(findings, Severity::warning, line, cat("option ", line.name, " is not known"),
        near.empty() ? std::string("nothing: take the line out") : cat(near, ": ", line.value));
}

// "lmtp_admins": of a service, if there is one of this name.
void check_service_name(const Server& server, const config::Line& line, size_t prefix,
                        Findings& findings)
{
    const string_view service = string_view(line.name).substr(0, prefix - 1);
    const string_view option = string_view(line.name).substr(prefix);
    // Without any service that is told already.
    if (!server.conf || is_service(server, service) || service_names(server).empty()) return;
    if (const std::string near = config::nearest_option(line.name);
        near != line.name && config::find_option(near))
        return tell_unknown(line, near, findings);
    const std::string near = nearest_service(server, service);
    add(findings, Severity::warning, line,
        cat(line.name, " has no effect: there is no service ", service, " in cyrus.conf (",
            service_names(server), ")"),
        cat(near.empty() ? "" : near + "_", option, ": ", line.value));
}

// "mupdat_password": as a server's it fits, and yet it is no server's.
bool is_misspelt_password(const Server& server, string_view name, const std::string& near)
{
    if (near.empty() || !server.config || !config::find_option(near)) return false;
    const size_t end = name.rfind('_');
    const string_view host = name.substr(0, end);
    std::vector<std::string> servers = server.config->serverlist();
    servers.push_back(server.config->mupdate_server());
    servers.push_back(server.config->defaultserver());
    return std::none_of(servers.begin(), servers.end(),
                        [&](const std::string& one) { return starts_with_nocase(one, host); });
}

// What is not in the table, but fits.
void check_family(const Server& server, const config::Line& line, Findings& findings)
{
    const string_view name = line.name;
    if (name.starts_with("sasl_")) {
        const string_view near = nearest(name, kSaslOptions);
        if (!near.empty() && near != name) tell_unknown(line, near, findings);
        return;
    }
    if (name.find('-') != name.npos) return;
    const std::string near = config::nearest_option(name);
    if (is_misspelt_password(server, name, near)) tell_unknown(line, near, findings);
}

// "tls_cert_file", "imap_tls_cert_file"
bool tell_older_name(const config::Line& line, Findings& findings)
{
    string_view name = line.name;
    if (!config::find_option(name)) name.remove_prefix(config::service_prefix(name));
    const string_view now = config::present_name(name);
    if (now == name) return false;
    const string_view service = string_view(line.name).substr(0, line.name.size() - name.size());
    add(findings, Severity::warning, line, cat(name, " is an older name of ", now),
        cat(service, now, ": ", line.value));
    return true;
}

// "imap_maxchild", "maxchild": what cyrus.conf says of a service.
bool tell_service_key(const Server& server, const config::Line& line, Findings& findings)
{
    const size_t end = line.name.rfind('_');
    const string_view key = string_view(line.name).substr(end == line.name.npos ? 0 : end + 1);
    if (!is_service_key(key)) return false;
    const string_view service =
        end == line.name.npos ? string_view() : string_view(line.name).substr(0, end);
    if (!service.empty() && !is_service(server, service)) return false;
    add(findings, Severity::warning, line, cat(line.name, " is set in cyrus.conf, not here"),
        cat(key, '=', line.value, " in the line of ", service.empty() ? "each service" : service,
            " in cyrus.conf"));
    return true;
}

void check_name(const Server& server, const config::Line& line, Findings& findings)
{
    if (tell_older_name(line, findings)) return;
    if (config::find_option(line.name)) return;
    if (const auto* group = config::find_cyrus_option(line.name)) {
        if (!config::is_stock_line(line.name, line.value))
            tell_cyrus_option(line, *group, findings);
        return;
    }
    if (config::fits_a_family(line.name)) return check_family(server, line, findings);
    const size_t prefix = config::service_prefix(line.name);
    if (prefix > 0) return check_service_name(server, line, prefix, findings);
    if (tell_service_key(server, line, findings)) return;
    tell_unknown(line, config::nearest_option(line.name), findings);
}

struct Wrong {
    std::string text;
    std::string value;  // that was meant, or the form of one
    Severity severity = Severity::error;
};

std::optional<Wrong> wrong_mask(string_view value)
{
    if (!service::parse_umask(value))
        return Wrong{"an octal number is expected", meant_mask(value)};
    if (!value.ends_with('7'))
        return Wrong{"everybody on this machine could read the mail",
                     "027, or 077 where the group is not to read"};
    return std::nullopt;
}

std::optional<Wrong> wrong_facility(string_view value)
{
    const std::vector<string_view> known = {"mail",   "daemon", "user",   "local0",
                                            "local1", "local2", "local3", "local4",
                                            "local5", "local6", "local7"};
    if (std::find(known.begin(), known.end(), value) != known.end()) return std::nullopt;
    const string_view near = nearest(to_lower(value), known);
    return Wrong{"must be one of: mail daemon user local0 to local7",
                 std::string(near.empty() ? "mail" : near)};
}

// Options whose value is one server, or several.
constexpr std::array<string_view, 8> kHosts = {"servername",
                                               "mupdate_server",
                                               "defaultserver",
                                               "client_bind_name",
                                               "serverlist",
                                               "sieve_referral_hosts",
                                               "login_connections_exempt",
                                               "defaultdomain"};

// A name or an address, with a port; the path of a socket, and what stands behind it
// (backend/server_address.h); of sieve_referral_hosts two names.
bool is_in_a_host(char c)
{
    const char lower = to_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
           string_view("-._:[]/%=").find(c) != string_view::npos;
}

std::optional<Wrong> wrong_host(const config::OptionSpec& spec, string_view value)
{
    const bool is_list = spec.type == config::Type::list;
    const auto good = [&](char c) {
        return is_in_a_host(c) || (is_list && (c == ' ' || c == '\t'));
    };
    const auto bad = std::find_if_not(value.begin(), value.end(), good);
    if (bad == value.end()) return std::nullopt;
    std::string what = cat('"', string_view(&*bad, 1), '"');
    if (*bad == ' ' || *bad == '\t') what = "space";
    return Wrong{cat("no host name has a ", what), is_list ? "HOST HOST ..." : "HOST"};
}

// One separator for another: a name with commas is a name, and yet hardly one that was meant.
std::optional<Wrong> wrong_folders(string_view name, string_view value)
{
    constexpr std::array<string_view, 4> kFolders = {
        "autocreate_inbox_folders", "autocreate_subscribe_folders",
        "autocreate_subscribe_sharedfolders", "autocreate_sieve_folders"};
    if (std::find(kFolders.begin(), kFolders.end(), name) == kFolders.end() ||
        value.find('|') != value.npos || value.find(',') == value.npos)
        return std::nullopt;
    std::string folders;
    for (const string_view one : split(value, ',', false))
        cat_to(folders, folders.empty() ? "" : " | ", trim(one));
    return Wrong{cat("this is one folder of the name \"", value, "\": a | stands between two"),
                 folders, Severity::note};
}

// What is a text for the parser and something narrower for those that read it.
std::optional<Wrong> narrower(const config::OptionSpec& spec, string_view value)
{
    if (spec.type == config::Type::list && value.find(',') != value.npos)
        return Wrong{"spaces stand between the words, a comma is part of one",
                     meant_value(spec, value)};
    if (spec.name == "umask") return wrong_mask(value);
    if (spec.name == "mupdate_max_deletes" && !mupdate::DeleteGuard::parse(value))
        return Wrong{"a number or a percentage is expected", "a number, or one with % behind it"};
    if (spec.name == "syslog_facility") return wrong_facility(value);
    if (std::find(kHosts.begin(), kHosts.end(), spec.name) != kHosts.end())
        return wrong_host(spec, value);
    if (spec.type == config::Type::path && value.front() != '/' &&
        !value.starts_with("{configdirectory}"))
        return Wrong{"an absolute path is expected", cat('/', value)};
    return wrong_folders(spec.name, value);
}

// "mail1_address": one address, or one for each protocol.
void check_address(const config::Line& line, Findings& findings)
{
    const config::OptionSpec list{line.name, config::Type::list, false, {}, {}, 1, 0, 0};
    const auto wrong = wrong_host(list, line.value);
    if (wrong)
        add(findings, Severity::error, line, cat("option ", line.name, ": ", wrong->text),
            cat(line.name, ": host:port, or imap=host:port lmtp=host:port ..."));
}

// "group:staff", in any option that has users.
void check_groups(const Server& server, const config::Line& line, Findings& findings)
{
    constexpr string_view kGroup = "group:";
    if (server.config && !server.config->unix_group_enable()) return;
    for (const string_view word : split_words(line.value)) {
        if (!word.starts_with(kGroup)) continue;
        const std::string name(word.substr(kGroup.size()));
        if (::getgrnam(name.c_str()) == nullptr)
            add(findings, Severity::error, line,
                cat("option ", line.name, ": there is no group ", name, " on this machine"),
                cat("a group that getent(1) knows; groupadd ", name, " makes it"));
    }
}

}  // namespace

void check_doubles(const Server& server, Findings& findings)
{
    for (const config::Line& line : server.lines) {
        const config::Line* first = given_before(server.lines, line);
        if (first == nullptr) continue;
        add(findings, Severity::error, line,
            cat("option ", line.name, " is given twice, first in ", first->file, ':',
                first->number),
            "one line for it");
    }
}

void check_names(const Server& server, Findings& findings)
{
    for (const config::Line& line : server.lines) check_name(server, line, findings);
}

void check_values(const Server& server, Findings& findings)
{
    for (const config::Line& line : server.lines) {
        if (line.name.ends_with("_address")) check_address(line, findings);
        const config::OptionSpec* spec = spec_of(line);
        if (spec == nullptr) continue;
        auto value = config::parse_value(*spec, line.value);
        const std::optional<Wrong> wrong =
            value ? narrower(*spec, line.value)
                  : Wrong{value.error().text, meant_value(*spec, line.value)};
        if (wrong)
            add(findings, wrong->severity, line, cat("option ", line.name, ": ", wrong->text),
                cat(line.name, ": ", wrong->value));
        else
            check_groups(server, line, findings);
    }
}

}  // namespace rookery::admin::check_config
