// Certificates, keys and policy of TLS.
#include "lib/auth/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>

#include "lib/auth/certificate.h"
#include "lib/base/strings.h"
#include "lib/stream/tls_layer.h"

namespace rookery::auth {
namespace {

constexpr unsigned char kSessionContext[] = "rookery";

Error bad_file(std::string_view what, const std::string& path)
{
    return Error{Code::config, cat(what, " ", path, ": ", stream::openssl_error())};
}

Status load_certificate(SSL_CTX* context, const TlsOptions& o)
{
    if (o.certificate_file.empty()) return success();
    const std::string& key = o.key_file.empty() ? o.certificate_file : o.key_file;
    // OpenSSL would ask for a passphrase on the terminal, and wait.
    bool asked = false;
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(context, o.certificate_file.c_str()) != 1)
        return bad_file("certificate", o.certificate_file);
    SSL_CTX_set_default_passwd_cb_userdata(context, &asked);
    const bool has_key = SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    if (asked)
        return Error{Code::config, cat("key ", key,
                                       " has a passphrase, and nobody is there to "
                                       "type it")};
    if (!has_key) return bad_file("key", key);
    if (SSL_CTX_check_private_key(context) != 1)
        return Error{Code::config,
                     cat("key ", key, " does not belong to certificate ", o.certificate_file)};
    return success();
}

Status load_authorities(SSL_CTX* context, const TlsOptions& o, bool is_server)
{
    if (!o.ca_file.empty()) {
        if (SSL_CTX_load_verify_file(context, o.ca_file.c_str()) != 1)
            return bad_file("CA file", o.ca_file);
        // The names that clients are told when they are asked for a certificate.
        if (is_server)
            SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(o.ca_file.c_str()));
    }
    if (!o.ca_directory.empty() && SSL_CTX_load_verify_dir(context, o.ca_directory.c_str()) != 1)
        return bad_file("CA directory", o.ca_directory);
    return success();
}

int newest_allowed(const std::vector<std::string>& versions)
{
    if (versions.empty() || std::find(versions.begin(), versions.end(), "tls1_3") != versions.end())
        return 0;  // whatever OpenSSL has
    return TLS1_2_VERSION;
}

int oldest_allowed(const std::vector<std::string>& versions)
{
    if (versions.empty()) return TLS1_2_VERSION;
    auto has = [&](std::string_view v) {
        return std::find(versions.begin(), versions.end(), v) != versions.end();
    };
    return has("tls1_3") && !has("tls1_2") ? TLS1_3_VERSION : TLS1_2_VERSION;
}

Status set_policy(SSL_CTX* context, const TlsOptions& o)
{
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    if (o.prefer_server_ciphers) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_set_min_proto_version(context, oldest_allowed(o.versions)) != 1 ||
        SSL_CTX_set_max_proto_version(context, newest_allowed(o.versions)) != 1)
        return Error{Code::config, "tls_versions: none that this OpenSSL has"};
    if (!o.ciphers.empty() && SSL_CTX_set_cipher_list(context, o.ciphers.c_str()) != 1)
        return Error{Code::config, cat("tls_ciphers: ", stream::openssl_error())};
    if (!o.groups.empty() && SSL_CTX_set1_groups_list(context, o.groups.c_str()) != 1)
        return Error{Code::config, cat("tls_eccurve: ", stream::openssl_error())};
    SSL_CTX_set_timeout(context, static_cast<long>(o.session_timeout.count()));
    // Workers are processes: a cache in one is of no use to the next. Tickets are.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    if (o.session_timeout.count() == 0) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    return success();
}

struct StoreDeleter {
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};

// A store of its own: what completes our chain does not vouch for clients.
Status set_chain(SSL_CTX* context, const TlsOptions& o)
{
    if (o.chain_file.empty() && o.chain_directory.empty()) return success();
    std::unique_ptr<X509_STORE, StoreDeleter> store(X509_STORE_new());
    if (!store) return Error{Code::io, cat("TLS: ", stream::openssl_error())};
    if (!o.chain_file.empty() && X509_STORE_load_file(store.get(), o.chain_file.c_str()) != 1)
        return bad_file("CA file", o.chain_file);
    if (!o.chain_directory.empty() &&
        X509_STORE_load_path(store.get(), o.chain_directory.c_str()) != 1)
        return bad_file("CA directory", o.chain_directory);
    if (SSL_CTX_set0_chain_cert_store(context, store.get()) != 1)
        return Error{Code::io, cat("TLS: ", stream::openssl_error())};
    store.release();
    return success();
}

int server_verify_mode(const TlsOptions& o)
{
    const bool can = o.has_authorities();
    switch (o.client_certificates) {
        case TlsOptions::ClientCertificates::off: return SSL_VERIFY_NONE;
        case TlsOptions::ClientCertificates::optional:
            return can ? SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE : SSL_VERIFY_NONE;
        case TlsOptions::ClientCertificates::required: break;
    }
    return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT | SSL_VERIFY_CLIENT_ONCE;
}

bool is_address(const std::string& host)
{
    in6_addr any{};
    return ::inet_pton(AF_INET, host.c_str(), &any) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

Status expect_name(SSL* ssl, const std::string& hostname)
{
    X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    int set = is_address(hostname) ? X509_VERIFY_PARAM_set1_ip_asc(wanted, hostname.c_str())
                                   : X509_VERIFY_PARAM_set1_host(wanted, hostname.c_str(), 0);
    if (set == 1) return success();
    return Error{Code::io, cat("TLS: cannot verify the name ", hostname)};
}

std::string file_stamp(const std::string& path)
{
    struct stat st {};
    if (path.empty()) return "-";
    if (::stat(path.c_str(), &st) != 0) return "absent";
    return cat(st.st_dev, '.', st.st_ino, '.', st.st_size, '.', st.st_mtim.tv_sec, '.',
               st.st_mtim.tv_nsec);
}

}  // namespace

void TlsContext::ContextDeleter::operator()(SSL_CTX* context) const
{
    SSL_CTX_free(context);
}

Result<std::unique_ptr<TlsContext>> TlsContext::make(const TlsOptions& o, bool is_server)
{
    ERR_clear_error();
    SSL_CTX* context = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    if (context == nullptr) return Error{Code::io, cat("TLS: ", stream::openssl_error())};
    std::unique_ptr<TlsContext> made(new TlsContext(context));
    TRY(set_policy(context, o));
    TRY(load_certificate(context, o));
    TRY(load_authorities(context, o, is_server));
    return made;
}

Result<std::unique_ptr<TlsContext>> TlsContext::server(const TlsOptions& o)
{
    if (o.certificate_file.empty()) return Error{Code::config, "tls_server_cert is not set"};
    TRY_ASSIGN(auto made, make(o, true));
    SSL_CTX* context = made->context_.get();
    TRY(set_chain(context, o));
    SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
    SSL_CTX_set_verify(context, server_verify_mode(o), nullptr);
    return made;
}

Result<std::unique_ptr<TlsContext>> TlsContext::client(const TlsOptions& o)
{
    TRY_ASSIGN(auto made, make(o, false));
    made->verify_name_ = o.has_authorities();
    SSL_CTX_set_verify(made->context_.get(), made->verify_name_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                       nullptr);
    return made;
}

Result<std::unique_ptr<stream::Layer>> TlsContext::accept(std::unique_ptr<stream::Layer> below,
                                                          Deadline deadline)
{
    stream::SslPtr ssl(SSL_new(context_.get()));
    if (!ssl) return Error{Code::io, cat("TLS: ", stream::openssl_error())};
    SSL_set_accept_state(ssl.get());
    return stream::tls_layer(std::move(ssl), std::move(below), deadline);
}

Result<std::unique_ptr<stream::Layer>> TlsContext::begin_accept(
    std::unique_ptr<stream::Layer> below)
{
    stream::SslPtr ssl(SSL_new(context_.get()));
    if (!ssl) return Error{Code::io, cat("TLS: ", stream::openssl_error())};
    SSL_set_accept_state(ssl.get());
    return stream::tls_layer_before_handshake(std::move(ssl), std::move(below));
}

Result<std::unique_ptr<stream::Layer>> TlsContext::connect(std::unique_ptr<stream::Layer> below,
                                                           const std::string& hostname,
                                                           Deadline deadline)
{
    stream::SslPtr ssl(SSL_new(context_.get()));
    if (!ssl) return Error{Code::io, cat("TLS: ", stream::openssl_error())};
    SSL_set_connect_state(ssl.get());
    if (!hostname.empty() && !is_address(hostname))
        // What the macro SSL_set_tlsext_host_name does; OpenSSL copies the name.
        SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(hostname.c_str()));
    if (verify_name_) TRY(expect_name(ssl.get(), hostname));
    return stream::tls_layer(std::move(ssl), std::move(below), deadline);
}

void TlsContext::rehearse()
{
    stream::SslPtr server(SSL_new(context_.get()));
    std::unique_ptr<SSL_CTX, ContextDeleter> peer(SSL_CTX_new(TLS_client_method()));
    stream::SslPtr client(peer ? SSL_new(peer.get()) : nullptr);
    BIO* ours = nullptr;
    BIO* theirs = nullptr;
    if (server && client && BIO_new_bio_pair(&ours, 0, &theirs, 0) == 1) {
        SSL_set_bio(server.get(), ours, ours);
        SSL_set_bio(client.get(), theirs, theirs);
        SSL_set_accept_state(server.get());
        SSL_set_connect_state(client.get());
        // Two round trips are the most; where a client certificate is required it fails after all
        // of the work was done.
        for (int i = 0; i < 4; i++) {
            SSL_do_handshake(client.get());
            SSL_do_handshake(server.get());
        }
    }
    ERR_clear_error();
}

std::string TlsContext::fingerprint(const TlsOptions& o)
{
    std::string all;
    for (const std::string* path :
         {&o.certificate_file, &o.key_file, &o.chain_file, &o.ca_file, &o.ca_directory})
        cat_to(all, file_stamp(*path), ' ');
    return all;
}

}  // namespace rookery::auth
