// imapd.conf, line by line.
#include <algorithm>
#include <array>

#include "imap/admin/check_config/checks.h"
#include "imap/admin/check_config/lines.h"
#include "lib/base/spelling.h"
#include "lib/base/strings.h"
#include "lib/config/cyrus_options.h"
#include "lib/config/option_names.h"

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
    tell_unknown(line, config::nearest_option(line.name), findings);
}

// What is a text for the parser and something narrower for those that read it; "" = good.
std::string narrower(const config::OptionSpec& spec, const config::Line& line)
{
    if (spec.type == config::Type::list && line.value.find(',') != std::string::npos)
        return "spaces stand between the words, a comma is part of one";
    if (line.name == "umask") {
        if (line.value.find_first_not_of("01234567") != std::string::npos)
            return "an octal number is expected";
        if (!line.value.ends_with('7')) return "everybody on this machine could read the mail";
    }
    if (line.name == "syslog_facility") {
        const std::vector<string_view> known = {"mail",   "daemon", "user",   "local0",
                                                "local1", "local2", "local3", "local4",
                                                "local5", "local6", "local7"};
        if (std::find(known.begin(), known.end(), line.value) == known.end())
            return "must be one of: mail daemon user local0 to local7";
    }
    return {};
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
        const config::OptionSpec* spec = spec_of(line);
        if (spec == nullptr) continue;
        auto value = config::parse_value(*spec, line.value);
        const std::string wrong = value ? narrower(*spec, line) : value.error().text;
        if (!wrong.empty())
            add(findings, Severity::error, line, cat("option ", line.name, ": ", wrong),
                cat(line.name, ": ", example_value(*spec, line.value)));
        else if (spec->type == config::Type::path && line.value.front() != '/' &&
                 !line.value.starts_with("{configdirectory}"))
            add(findings, Severity::error, line,
                cat("option ", line.name, ": an absolute path is expected"),
                cat(line.name, ": /", line.value));
    }
}

}  // namespace rookery::admin::check_config
