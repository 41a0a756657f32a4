// The options of imapd.conf that TLS reads.
#include <map>
#include <utility>

#include "lib/auth/tls_context.h"
#include "lib/base/guarded.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"

namespace rookery::auth {
namespace {

using config::BackendTls;

Result<BackendTls> peer_word(std::string_view word)
{
    if (equal_nocase(word, "auto")) return BackendTls::auto_;
    if (equal_nocase(word, "verify")) return BackendTls::verify;
    if (equal_nocase(word, "opportunistic")) return BackendTls::opportunistic;
    if (equal_nocase(word, "never")) return BackendTls::never;
    return Error{Code::config, cat(word, " is none of auto, verify, opportunistic and never")};
}

TlsOptions common_options(const config::Config& config)
{
    TlsOptions o;
    o.ca_file = config.tls_client_ca_file();
    o.ca_directory = config.tls_client_ca_dir();
    o.ciphers = config.tls_ciphers();
    o.versions = config.tls_versions();
    o.session_timeout = config.tls_session_timeout();
    return o;
}

}  // namespace

TlsOptions server_tls_options(const config::Config& config)
{
    TlsOptions o = common_options(config);
    o.certificate_file = config.tls_server_cert();
    o.key_file = config.tls_server_key();
    o.chain_file = config.tls_server_ca_file();
    o.chain_directory = config.tls_server_ca_dir();
    if (config.tls_eccurve() != "auto") o.groups = config.tls_eccurve();
    o.prefer_server_ciphers = config.tls_prefer_server_ciphers();
    switch (config.tls_client_certs()) {
        case config::TlsClientCerts::off:
            o.client_certificates = TlsOptions::ClientCertificates::off;
            break;
        case config::TlsClientCerts::optional:
            o.client_certificates = TlsOptions::ClientCertificates::optional;
            break;
        case config::TlsClientCerts::require:
            o.client_certificates = TlsOptions::ClientCertificates::required;
            break;
    }
    return o;
}

TlsOptions client_tls_options(const config::Config& config, std::string_view short_name)
{
    TlsOptions o = common_options(config);
    o.certificate_file = config.tls_client_cert();
    o.key_file = config.tls_client_key();
    if (short_name.empty()) return o;
    auto certificate = config.overflow(cat(short_name, "_client_cert"));
    auto key = config.overflow(cat(short_name, "_client_key"));
    if (certificate) o.certificate_file = *certificate;
    if (certificate || key) o.key_file = key.value_or("");
    return o;
}

Result<PeerTls> peer_tls(const config::Config& config, const std::optional<std::string>& own)
{
    TRY_ASSIGN(const BackendTls word, own ? peer_word(*own) : config.backend_tls());
    const std::string said = own ? cat("its own option says ", *own) : "backend_tls: verify";
    const bool can_verify = common_options(config).has_authorities();
    switch (word) {
        case BackendTls::never: return PeerTls{.starttls = false, .required = false, .because = {}};
        case BackendTls::opportunistic: return PeerTls{};
        case BackendTls::verify:
            if (!can_verify)
                return Error{Code::config, cat(said, ", and neither tls_client_ca_file nor "
                                                     "tls_client_ca_dir is set")};
            return PeerTls{.starttls = true, .required = true, .because = said};
        case BackendTls::auto_: break;
    }
    if (!can_verify && !config.tls_required()) return PeerTls{};
    const char* why = !config.tls_client_ca_file().empty() ? "tls_client_ca_file is set"
                      : can_verify                         ? "tls_client_ca_dir is set"
                                                           : "tls_required is set";
    return PeerTls{.starttls = true, .required = true, .because = why};
}

Result<std::unique_ptr<TlsContext>> TlsContext::server(const config::Config& config)
{
    TlsOptions o = server_tls_options(config);
    if (o.certificate_file.empty() || o.key_file.empty()) return std::unique_ptr<TlsContext>();
    return server(o);
}

ServerTls server_tls(const config::Config& config)
{
    auto made = TlsContext::server(config);
    if (made) return {*std::move(made), {}};
    return {nullptr, made.error().text};
}

Result<std::shared_ptr<TlsContext>> TlsContext::shared_client(const config::Config& config,
                                                              std::string_view short_name)
{
    struct Made {
        std::string fingerprint;
        std::shared_ptr<TlsContext> context;
    };
    // By what a server may have of its own (client_tls_options): the rest is the same for all.
    static Guarded<std::map<std::pair<std::string, std::string>, Made>> all;
    const TlsOptions o = client_tls_options(config, short_name);
    const std::string now = fingerprint(o);
    auto locked = all.lock();
    Made& made = (*locked)[{o.certificate_file, o.key_file}];
    if (!made.context || made.fingerprint != now) {
        TRY_ASSIGN(made.context, client(o));
        made.fingerprint = now;
    }
    return made.context;
}

}  // namespace rookery::auth
