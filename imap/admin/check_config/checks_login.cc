// How users are let in.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "imap/admin/check_config/checks.h"
#include "imap/admin/check_config/meant.h"
#include "imap/admin/check_config/reach.h"
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
    auto refusal = refusal_of(path, R_OK);
    if (!refusal) {
        struct stat st {};
        if (::stat(path.c_str(), &st) == 0 && (st.st_mode & 004) != 0)
            findings.push_back({Severity::warning, server.of(option),
                                cat(path, ": everybody may read the passwords of all"),
                                cat("chmod 640 ", path)});
        return;
    }
    // The first saslpasswd2 makes it; only one that is named is missed.
    if (!own && ::access(path.c_str(), F_OK) != 0) return;
    findings.push_back(
        {Severity::error, server.of(option), cat("the passwords cannot be read: ", refusal->text),
         refusal->write.empty() ? cat("chgrp it to the daemons' group, and chmod 640 ", path,
                                      "; saslpasswd2(8) makes it")
                                : refusal->write});
}

void check_saslauthd(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    const bool is_own = !config.sasl_saslauthd_path().empty();
    const std::string path = is_own ? config.sasl_saslauthd_path() : server.system.saslauthd;
    const Place place = server.of(is_own ? "sasl_saslauthd_path" : "sasl_pwcheck_method");
    const auto tell = [&](const std::string& why, std::string write) {
        findings.push_back(
            {Severity::error, place, cat("saslauthd cannot be asked: ", why), std::move(write)});
    };
    constexpr string_view kWhat =
        "sasl_saslauthd_path: its socket; saslauthd(8) runs, and the daemons' user is in its group";
    struct stat st {};
    if (::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode))
        return tell(cat(path, " is a folder"),
                    cat("sasl_saslauthd_path: ", path, path.ends_with('/') ? "mux" : "/mux"));
    if (auto refusal = refusal_of(path, W_OK))
        return tell(refusal->text,
                    refusal->write.empty() ? std::string(kWhat) : std::move(refusal->write));
    if (!S_ISSOCK(st.st_mode)) tell(cat(path, " is no socket"), std::string(kWhat));
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
                            near.empty()
                                ? cat(line.name, ": without ", word)
                                : cat(line.name, ": ", with_word(line.value, word, near))});
    }
}

// "-p 256": what is in front of it has done the TLS.
bool is_behind_tls(const Service& service)
{
    const auto& argv = service.entry.argv;
    const auto option = std::find(argv.begin(), argv.end(), "-p");
    if (option == argv.end() || option + 1 == argv.end()) return false;
    const auto bits = to_number<unsigned>(*(option + 1));
    return bits && *bits > 1;
}

bool is_for_users(const Service& service)
{
    constexpr std::array<string_view, 5> kPrograms = {"imapd", "proxyd", "pop3d", "nntpd",
                                                      "timsieved"};
    return std::find(kPrograms.begin(), kPrograms.end(), service.program) != kPrograms.end();
}

// Those that take no plaintext password, where others of the server do; "" = all or none.
std::string without_plaintext(const Server& server, bool& all)
{
    std::string names;
    all = true;
    for (const Service& service : server.services) {
        if (!is_for_users(service)) continue;
        if (service.target.is_unix || is_behind_tls(service))
            all = false;
        else
            cat_to(names, names.empty() ? "" : ", ", service.entry.name);
    }
    return names;
}

// PLAIN and LOGIN alone, which give the password away.
void check_plaintext(const Server& server, Findings& findings)
{
    bool all = true;
    const std::string names = without_plaintext(server, all);
    if (!all && names.empty()) return;
    findings.push_back({Severity::error, server.of("sasl_mech_list"),
                        cat("PLAIN and LOGIN want TLS, and there is no certificate: nobody can "
                            "log in",
                            all ? "" : " to ", all ? "" : names),
                        "tls_server_cert: FILE and tls_server_key: FILE"});
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
        check_plaintext(server, findings);
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
