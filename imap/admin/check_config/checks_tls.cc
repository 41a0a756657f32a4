// Certificates and keys, and whom this server believes.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "imap/admin/check_config/checks.h"
#include "imap/admin/check_config/peers.h"
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

void check_lifetime(const Server& server, const std::string& option, const std::string& path,
                    Findings& findings)
{
    if (path.empty()) return;
    auto lifetime = auth::certificate_lifetime(path);
    if (!lifetime)
        findings.push_back({Severity::error, server.of(option),
                            cat(option, ": ", lifetime.error().text),
                            "a PEM file with the certificate, which the daemons' user may read"});
    else if (*lifetime < 0)
        findings.push_back({Severity::error, server.of(option), cat(path, ": it has expired"),
                            "a new certificate in that file"});
    else if (*lifetime < kSoon)
        findings.push_back({Severity::warning, server.of(option),
                            cat(path, ": it expires in ", *lifetime / kDay, " days"),
                            "a new certificate in that file"});
}

// Readable, for nobody else, and the certificate's.
void check_key(const Server& server, const Pair& pair, Findings& findings)
{
    const std::string& path = pair.key.empty() ? pair.certificate : pair.key;
    const std::string& option = pair.key.empty() ? pair.certificate_option : pair.key_option;
    struct stat st {};
    if (::stat(path.c_str(), &st) != 0 || ::access(path.c_str(), R_OK) != 0) {
        findings.push_back({Severity::error, server.of(option),
                            cat(option, ": ", errno_error(path).text),
                            "a PEM file with the key, which the daemons' user may read"});
        return;
    }
    if ((st.st_mode & 007) != 0)
        findings.push_back({Severity::warning, server.of(option),
                            cat(path, ": everybody may use this key"), cat("chmod 640 ", path)});
    auth::TlsOptions only;
    only.certificate_file = pair.certificate;
    only.key_file = pair.key;
    auto made = auth::TlsContext::client(only);
    if (!made)
        findings.push_back({Severity::error, server.of(option), made.error().text,
                            "the key that the certificate was made with"});
}

void check_pair(const Server& server, const Pair& pair, Findings& findings)
{
    const bool of_server = pair.certificate_option == "tls_server_cert";
    if (pair.certificate.empty() && pair.key.empty()) return;
    if (pair.certificate.empty() || (of_server && pair.key.empty())) {
        const bool lacks_key = !pair.certificate.empty();
        findings.push_back(
            {Severity::error, server.of(lacks_key ? pair.certificate_option : pair.key_option),
             cat(lacks_key ? pair.certificate_option : pair.key_option, " goes with ",
                 lacks_key ? pair.key_option : pair.certificate_option,
                 ", which is not set: there is no TLS"),
             cat(lacks_key ? pair.key_option : pair.certificate_option, ": FILE")});
        return;
    }
    const size_t before = findings.size();
    check_lifetime(server, pair.certificate_option, pair.certificate, findings);
    const bool good = findings.size() == before || findings.back().text.ends_with("days") ||
                      findings.back().text.ends_with("expired");
    if (good) check_key(server, pair, findings);
}

void check_directory(const Server& server, const std::string& option, const std::string& path,
                     Findings& findings)
{
    if (path.empty() || ::access(path.c_str(), R_OK | X_OK) == 0) return;
    findings.push_back({Severity::error, server.of(option),
                        cat(option, ": ", errno_error(path).text),
                        "a directory of certificates, made by openssl rehash"});
}

// What only shows when all of it is put together: ciphers, versions, groups.
void check_whole(const Server& server, Findings& findings)
{
    auto whole = auth::TlsContext::server(*server.config);
    if (whole) return;
    std::string option = "tls_server_cert";
    for (const char* one : {"tls_ciphers", "tls_eccurve", "tls_versions"})
        if (server.config->is_set(one)) {
            option = one;
            break;
        }
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
    check_lifetime(server, "tls_client_ca_file", config.tls_client_ca_file(), findings);
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
