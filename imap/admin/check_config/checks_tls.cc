// Certificates and keys, and whom this server believes.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "imap/admin/check_config/checks.h"
#include "imap/admin/check_config/peers.h"
#include "imap/admin/check_config/reach.h"
#include "lib/auth/certificate.h"
#include "lib/auth/tls_context.h"
#include "lib/base/strings.h"
#include "lib/config/cyrus_options.h"

namespace rookery::admin::check_config {
namespace {

constexpr int64_t kDay = 86400;
constexpr int64_t kSoon = 30 * kDay;

struct Pair {
    std::string certificate_option;
    std::string certificate;
    std::string key_option;
    std::string key;
};

std::vector<Pair> pairs_of(const Server& server)
{
    const config::Config& config = *server.config;
    std::vector<Pair> pairs = {
        {"tls_server_cert", config.tls_server_cert(), "tls_server_key", config.tls_server_key()},
        {"tls_client_cert", config.tls_client_cert(), "tls_client_key", config.tls_client_key()}};
    for (const config::Line& line : server.lines) {
        if (!line.name.ends_with("_client_cert") || line.name == "tls_client_cert" ||
            config::find_cyrus_option(line.name) != nullptr)
            continue;
        const std::string key =
            cat(line.name.substr(0, line.name.size() - std::string_view("cert").size()), "key");
        pairs.push_back({line.name, line.value, key, config.overflow(key).value_or("")});
    }
    return pairs;
}

void add(Findings& findings, const Server& server, const std::string& option, std::string text,
         std::string write)
{
    findings.push_back({Severity::error, server.of(option), std::move(text), std::move(write)});
}

// True if the daemons' user can; what is the file that he may not use.
bool check_reach(const Server& server, const std::string& option, const std::string& path, int mode,
                 std::string what, Findings& findings)
{
    auto refusal = refusal_of(path, mode);
    if (!refusal) return true;
    add(findings, server, option, cat(option, ": ", refusal->text),
        refusal->write.empty() ? std::move(what) : std::move(refusal->write));
    return false;
}

// True if there is a certificate, and be it an old one.
bool check_lifetime(const Server& server, const std::string& option, const std::string& path,
                    Findings& findings)
{
    constexpr std::string_view kWhat =
        "a PEM file with the certificate, which the daemons' user may read";
    if (!check_reach(server, option, path, R_OK, std::string(kWhat), findings)) return false;
    auto lifetime = auth::certificate_lifetime(path);
    if (!lifetime) {
        add(findings, server, option, cat(option, ": ", lifetime.error().text), std::string(kWhat));
        return false;
    }
    if (*lifetime < 0)
        add(findings, server, option, cat(path, ": it has expired"),
            "a new certificate in that file");
    else if (*lifetime < kSoon)
        findings.push_back({Severity::warning, server.of(option),
                            cat(path, ": it expires in ", *lifetime / kDay, " days"),
                            "a new certificate in that file"});
    return true;
}

// The certificates of others end at an authority that signed itself.
void check_authority(const Server& server, const std::string& option, const std::string& path,
                     bool has_directory, Findings& findings)
{
    if (path.empty() || !check_lifetime(server, option, path, findings) || has_directory) return;
    auto found = auth::authorities_in(path);
    if (!found || found->has_root) return;
    if (found->has_authority)
        add(findings, server, option,
            cat(option, ": ", path,
                ": who signed this authority is not in it, so that nothing "
                "is believed"),
            "the certificate of that one in the same file");
    else
        add(findings, server, option,
            cat(option, ": ", path,
                ": there is no authority in it, so that no certificate is "
                "believed"),
            cat(option, ": the certificate of the authority that issued those of the servers"));
}

bool is_told(const Findings& findings, std::string_view text)
{
    return std::any_of(findings.begin(), findings.end(),
                       [&](const Finding& one) { return one.text == text; });
}

// Why OpenSSL takes the two not for each other.
void check_match(const Server& server, const Pair& pair, const std::string& path,
                 const std::string& option, Findings& findings)
{
    auth::TlsOptions only;
    only.certificate_file = pair.certificate;
    only.key_file = pair.key;
    auto made = auth::TlsContext::client(only);
    if (made) return;
    const auto of_key = auth::certificate_for(pair.certificate, path);
    if (of_key && *of_key && **of_key > 0)
        return add(findings, server, pair.certificate_option,
                   cat(pair.certificate, ": the certificate of the key is not the first in it"),
                   "in that file first the certificate of this server, then those of the "
                   "authorities above it");
    add(findings, server, option, made.error().text, "the key that the certificate was made with");
}

// Readable, for nobody else, and the certificate's.
void check_key(const Server& server, const Pair& pair, Findings& findings)
{
    const std::string& path = pair.key.empty() ? pair.certificate : pair.key;
    const std::string& option = pair.key.empty() ? pair.certificate_option : pair.key_option;
    if (!check_reach(server, option, path, R_OK,
                     "a PEM file with the key, which the daemons' user may read", findings))
        return;
    const auto kind = auth::key_in(path);
    if (kind && *kind == auth::KeyKind::none && pair.key.empty()) {
        // The line is there, without a value.
        if (is_told(findings, cat("option ", pair.key_option, " has no value"))) return;
        return add(findings, server, option,
                   cat(option, " goes with ", pair.key_option, ", which is not set, and ", path,
                       " has no key in it"),
                   cat(pair.key_option, ": FILE"));
    }
    struct stat st {};
    if (::stat(path.c_str(), &st) == 0 && (st.st_mode & 007) != 0)
        findings.push_back({Severity::warning, server.of(option),
                            cat(path, ": everybody may use this key"), cat("chmod 640 ", path)});
    if (kind && *kind == auth::KeyKind::none)
        add(findings, server, option, cat(option, ": ", path, ": there is no key in it"),
            "a PEM file with the key of the certificate");
    else if (kind && *kind == auth::KeyKind::with_passphrase)
        add(findings, server, option,
            cat(option, ": ", path, " has a passphrase, and nobody is there to type it"),
            cat("a key without one: openssl pkey -in ", path, " -out FILE"));
    else
        check_match(server, pair, path, option, findings);
}

void check_pair(const Server& server, const Pair& pair, Findings& findings)
{
    const bool of_server = pair.certificate_option == "tls_server_cert";
    if (pair.certificate.empty() && pair.key.empty()) return;
    if (pair.certificate.empty() || (of_server && pair.key.empty())) {
        const bool lacks_key = !pair.certificate.empty();
        const std::string& there = lacks_key ? pair.certificate_option : pair.key_option;
        const std::string& lacking = lacks_key ? pair.key_option : pair.certificate_option;
        if (is_told(findings, cat("option ", lacking, " has no value"))) return;
        return add(findings, server, there,
                   cat(there, " goes with ", lacking, ", which is not set: there is no TLS"),
                   cat(lacking, ": FILE"));
    }
    if (check_lifetime(server, pair.certificate_option, pair.certificate, findings))
        check_key(server, pair, findings);
}

void check_directory(const Server& server, const std::string& option, const std::string& path,
                     Findings& findings)
{
    if (path.empty()) return;
    check_reach(server, option, path, R_OK | X_OK,
                "a directory of certificates, made by openssl rehash", findings);
}

// What only shows when all of it is put together: ciphers, versions, groups.
void check_whole(const Server& server, Findings& findings)
{
    auto whole = auth::TlsContext::server(*server.config);
    if (whole) return;
    std::string option = "tls_server_cert";
    for (const char* one : {"tls_ciphers", "tls_eccurve", "tls_versions"})
        if (whole.error().text.starts_with(one)) option = one;
    findings.push_back({Severity::error, server.of(option), whole.error().text,
                        cat(option, ": what openssl(1) knows; or nothing")});
}

bool is_opportunistic(const config::Config& config)
{
    auto tls = auth::peer_tls(config);
    return tls && tls->starttls && !auth::client_tls_options(config).has_authorities();
}

// "mail1_tls: never"
void check_own_words(const Server& server, Findings& findings)
{
    for (const config::Line& line : server.lines) {
        if (!line.name.ends_with("_tls") || line.name == "backend_tls") continue;
        auto tls = auth::peer_tls(*server.config, line.value);
        if (!tls)
            findings.push_back({Severity::error,
                                {line.file, line.number},
                                tls.error().text,
                                cat(line.name, ": verify, opportunistic, never or auto")});
        else if (!tls->starttls)
            findings.push_back({Severity::warning,
                                {line.file, line.number},
                                cat(line.name, ": what goes to that server can be read by all"),
                                cat(line.name, ": verify")});
    }
}

}  // namespace

void check_certificates(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    const size_t before = findings.size();
    for (const Pair& pair : pairs_of(server)) check_pair(server, pair, findings);
    check_authority(server, "tls_client_ca_file", config.tls_client_ca_file(),
                    !config.tls_client_ca_dir().empty(), findings);
    if (!config.tls_server_ca_file().empty())
        check_lifetime(server, "tls_server_ca_file", config.tls_server_ca_file(), findings);
    check_directory(server, "tls_client_ca_dir", config.tls_client_ca_dir(), findings);
    check_directory(server, "tls_server_ca_dir", config.tls_server_ca_dir(), findings);
    if (findings.size() == before) check_whole(server, findings);
    if (config.tls_required() && config.tls_server_cert().empty())
        findings.push_back({Severity::error, server.of("tls_required"),
                            "tls_required demands TLS, and without tls_server_cert there is none: "
                            "nobody can log in",
                            "tls_server_cert: FILE and tls_server_key: FILE"});
    const bool demands = config.tls_client_certs() == config::TlsClientCerts::require;
    if (demands && !auth::server_tls_options(config).has_authorities())
        findings.push_back({Severity::error, server.of("tls_client_certs"),
                            "clients must show a certificate, and nothing says whose are good",
                            "tls_client_ca_file: FILE"});
}

void check_verification(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    if (!server.is_in_murder()) return;
    check_own_words(server, findings);
    const std::string option = config.is_set("backend_tls") ? "backend_tls" : "mupdate_server";
    const auto peers = peers_of(server);
    if (std::all_of(peers.begin(), peers.end(),
                    [&](const Peer& peer) { return is_local(server, peer); }))
        return;
    auto tls = auth::peer_tls(config);
    if (!tls)
        findings.push_back(
            {Severity::error, server.of(option), tls.error().text, "tls_client_ca_file: FILE"});
    else if (!tls->starttls)
        findings.push_back({Severity::warning, server.of(option),
                            "what goes to the other servers can be read by all",
                            "backend_tls: verify, with tls_client_ca_file: FILE"});
    else if (is_opportunistic(config))
        findings.push_back({Severity::warning, server.of(option),
                            "the certificates of the other servers are not verified: anybody may "
                            "stand in between",
                            "tls_client_ca_file: FILE, the CA that signed them"});
}

}  // namespace rookery::admin::check_config
