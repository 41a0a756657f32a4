// How users are let in.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "imap/admin/check_config/checks.h"
#include "lib/base/fd.h"
#include "lib/base/spelling.h"
#include "lib/base/strings.h"

namespace rookery::admin::check_config {
namespace {

using std::string_view;

bool has(const std::vector<std::string>& list, string_view word)
{
    return std::any_of(list.begin(), list.end(),
                       [&](const std::string& one) { return equal_nocase(one, word); });
}

bool is_only(const std::vector<std::string>& list, std::initializer_list<string_view> words)
{
    return !list.empty() && std::all_of(list.begin(), list.end(), [&](const std::string& one) {
        return std::any_of(words.begin(), words.end(),
                           [&](string_view word) { return equal_nocase(one, word); });
    });
}

bool uses_sasldb(const config::Config& config)
{
    const auto& methods = config.sasl_pwcheck_method();
    const auto& plugins = config.sasl_auxprop_plugin();
    if (is_only(config.sasl_mech_list(), {"GSSAPI", "GSS-SPNEGO", "EXTERNAL"})) return false;
    return (methods.empty() || has(methods, "auxprop")) &&
           (plugins.empty() || has(plugins, "sasldb"));
}

void check_sasldb(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    const auto own = config.overflow("sasl_sasldb_path");
    const std::string path = own.value_or(server.system.sasldb);
    const std::string option = own ? "sasl_sasldb_path" : "sasl_pwcheck_method";
    auto opened = open_file(path, O_RDONLY);
    if (opened) {
        struct stat st {};
        if (::fstat(opened->get(), &st) == 0 && (st.st_mode & 004) != 0)
            findings.push_back({Severity::warning, server.of(option),
                                cat(path, ": everybody may read the passwords of all"),
                                cat("chmod 640 ", path)});
        return;
    }
    // The first saslpasswd2 makes it; only one that is named is missed.
    if (!own && ::access(path.c_str(), F_OK) != 0) return;
    findings.push_back(
        {Severity::error, server.of(option),
         cat("the passwords cannot be read: ", opened.error().text),
         cat("chgrp it to the daemons' group, and chmod 640 ", path, "; saslpasswd2(8) makes it")});
}

void check_saslauthd(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    const std::string path = config.sasl_saslauthd_path().empty() ? server.system.saslauthd
                                                                  : config.sasl_saslauthd_path();
    struct stat st {};
    const bool good =
        ::stat(path.c_str(), &st) == 0 && S_ISSOCK(st.st_mode) && ::access(path.c_str(), W_OK) == 0;
    if (good) return;
    const std::string why = st.st_mode != 0 && !S_ISSOCK(st.st_mode) ? cat(path, " is no socket")
                                                                     : errno_error(path).text;
    findings.push_back({Severity::error,
                        server.of(config.sasl_saslauthd_path().empty() ? "sasl_pwcheck_method"
                                                                       : "sasl_saslauthd_path"),
                        cat("saslauthd cannot be asked: ", why),
                        "sasl_saslauthd_path: its socket; saslauthd(8) runs, and the daemons' "
                        "user is in its group"});
}

const std::vector<string_view> kMechanisms = {
    "PLAIN",       "LOGIN",         "ANONYMOUS",     "EXTERNAL",      "GSSAPI",
    "GSS-SPNEGO",  "GS2-KRB5",      "GS2-IAKERB",    "CRAM-MD5",      "DIGEST-MD5",
    "NTLM",        "OTP",           "SRP",           "KERBEROS_V4",   "PASSDSS-3DES-1",
    "SCRAM-SHA-1", "SCRAM-SHA-224", "SCRAM-SHA-256", "SCRAM-SHA-384", "SCRAM-SHA-512",
    "OAUTHBEARER", "XOAUTH2"};

void check_names_of_mechanisms(const config::Line& line, Findings& findings)
{
    for (string_view word : split_words(line.value)) {
        std::string name = to_upper(word);
        if (name.ends_with("-PLUS")) name.resize(name.size() - 5);
        if (std::find(kMechanisms.begin(), kMechanisms.end(), name) != kMechanisms.end()) continue;
        const string_view near = nearest(name, kMechanisms);
        findings.push_back({Severity::error,
                            {line.file, line.number},
                            cat(line.name, ": libsasl2 has no mechanism ", word),
                            cat(line.name, ": ", near.empty() ? "PLAIN" : near)});
    }
}

}  // namespace

void check_sasl(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    constexpr std::array<string_view, 6> kMethods = {"auxprop",     "auxprop-hashed", "saslauthd",
                                                     "authdaemond", "pwcheck",        "alwaystrue"};
    for (const std::string& method : config.sasl_pwcheck_method())
        if (std::find(kMethods.begin(), kMethods.end(), to_lower(method)) == kMethods.end())
            findings.push_back(
                {Severity::error, server.of("sasl_pwcheck_method"),
                 cat("libsasl2 has no way to check passwords that is called ", method),
                 "sasl_pwcheck_method: auxprop, or saslauthd"});
    if (has(config.sasl_pwcheck_method(), "alwaystrue"))
        findings.push_back({Severity::error, server.of("sasl_pwcheck_method"),
                            "every password is right for everybody",
                            "sasl_pwcheck_method: auxprop, or saslauthd"});
    if (uses_sasldb(config)) check_sasldb(server, findings);
    if (has(config.sasl_pwcheck_method(), "saslauthd")) check_saslauthd(server, findings);
}

void check_mechanisms(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    const auto& mechanisms = config.sasl_mech_list();
    const Place place = server.of("sasl_mech_list");
    for (const config::Line& line : server.lines)
        if (line.name == "sasl_mech_list" || line.name == "force_sasl_client_mech" ||
            line.name.ends_with("_mechs"))
            check_names_of_mechanisms(line, findings);
    const bool no_tls = config.tls_server_cert().empty();
    if (is_only(mechanisms, {"PLAIN", "LOGIN"}) && no_tls && !config.allowplaintext())
        findings.push_back({Severity::error, place,
                            "PLAIN and LOGIN want TLS, and there is no certificate: nobody can "
                            "log in",
                            "tls_server_cert: FILE and tls_server_key: FILE"});
    if (!is_only(config.sasl_pwcheck_method(), {"saslauthd"})) return;
    for (const std::string& one : mechanisms)
        if (starts_with_nocase(one, "SCRAM-") || starts_with_nocase(one, "DIGEST-") ||
            starts_with_nocase(one, "CRAM-"))
            findings.push_back({Severity::error, place,
                                cat(one, " needs the password itself, which saslauthd does not "
                                         "tell"),
                                "sasl_mech_list: PLAIN LOGIN"});
}

}  // namespace rookery::admin::check_config
