// TlsContext: certificates, keys and policy of TLS, made once and shared by all workers after a
// fork.
//
// server(config) from tls_server_cert/key/ca_*; client certificates are verified against
// tls_client_ca_*. client(config) verifies servers against tls_client_ca_* and their name against
// the host; with no CA configured the connection is encrypted only. Whether there must be TLS at
// all is PeerTls's. TLS 1.2 and later, no renegotiation, no compression; session tickets instead of
// a cache (the ticket key is in the context, so all workers of one template share it). Owns its
// SSL_CTX; must outlive no layer.
// Codes: config (a file is missing or wrong), timeout, closed, io, denied (certificate refused).
#ifndef ROOKERY_LIB_AUTH_TLS_CONTEXT_H
#define ROOKERY_LIB_AUTH_TLS_CONTEXT_H

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/stream/layer.h"

namespace rookery::config {
class Config;
}

namespace rookery::auth {

struct TlsOptions {
    enum class ClientCertificates { off, optional, required };
    std::string certificate_file;  // PEM, the chain may follow
    std::string key_file;
    std::string chain_file;  // server: intermediates, tls_server_ca_*
    std::string chain_directory;
    std::string ca_file;  // verifies the other end
    std::string ca_directory;
    std::string ciphers;                // TLS 1.2 list, "" or "DEFAULT" = OpenSSL's
    std::vector<std::string> versions;  // "tls1_2", "tls1_3"; older ones are ignored
    std::string groups;                 // key exchange, "" = OpenSSL's
    bool prefer_server_ciphers = false;
    ClientCertificates client_certificates = ClientCertificates::optional;
    Seconds session_timeout{86400};

    bool has_authorities() const { return !ca_file.empty() || !ca_directory.empty(); }
};

// What a connection to another server must have before anything is sent on it.
struct PeerTls {
    bool starttls = true;   // where it is offered
    bool required = false;  // no TLS, no login
    std::string because;    // what demands it
};
// backend_tls, or in its place own: what SHORT_tls says of that server. config: it cannot be.
Result<PeerTls> peer_tls(const config::Config& config, const std::optional<std::string>& own = {});

TlsOptions server_tls_options(const config::Config& config);
// server: whose SHORT_client_cert and SHORT_client_key are preferred; "" = tls_client_cert/key.
TlsOptions client_tls_options(const config::Config& config, std::string_view short_name = {});

class TlsContext;

// What a service that also serves without TLS starts with.
struct ServerTls {
    std::unique_ptr<TlsContext> context;  // null: none is configured, or it cannot be made
    std::string lacking;                  // why it cannot be made; "" otherwise
};
ServerTls server_tls(const config::Config& config);

class TlsContext {
 public:
    static Result<std::unique_ptr<TlsContext>> server(const TlsOptions& options);
    static Result<std::unique_ptr<TlsContext>> client(const TlsOptions& options);
    // From the configuration. server: a null pointer if no certificate and key are configured.
    static Result<std::unique_ptr<TlsContext>> server(const config::Config& config);
    // The one for connections to servers, made once in a process, before a fork if it is asked for
    // there, and again when one of its files was replaced. Any thread.
    static Result<std::shared_ptr<TlsContext>> shared_client(const config::Config& config,
                                                             std::string_view short_name = {});

    // The handshake over below, which is owned from here on and gone if it fails.
    Result<std::unique_ptr<stream::Layer>> accept(std::unique_ptr<stream::Layer> below,
                                                  Deadline deadline);
    // The same, for a thread that must not wait: the handshake is the caller's affair
    // (stream::tls_handshake).
    Result<std::unique_ptr<stream::Layer>> begin_accept(std::unique_ptr<stream::Layer> below);
    // hostname: without a port; an address is checked as an address.
    Result<std::unique_ptr<stream::Layer>> connect(std::unique_ptr<stream::Layer> below,
                                                   const std::string& hostname, Deadline deadline);

    // A handshake with ourselves, so that OpenSSL has what handshakes need before a fork.
    void rehearse();

    // Inode, size and time of modification of the files: differs when a certificate was replaced.
    static std::string fingerprint(const TlsOptions& options);

 private:
    struct ContextDeleter {
        void operator()(SSL_CTX* context) const;
    };
    explicit TlsContext(SSL_CTX* context) : context_(context) {}
    static Result<std::unique_ptr<TlsContext>> make(const TlsOptions& options, bool is_server);

    std::unique_ptr<SSL_CTX, ContextDeleter> context_;
    bool verify_name_ = false;
};

}  // namespace rookery::auth

#endif
