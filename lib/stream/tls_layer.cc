// TLS by OpenSSL over a BIO whose bytes come from the layer below.
#include "lib/stream/tls_layer.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>

#include "lib/base/strings.h"

namespace rookery::stream {
namespace {

// How long the other end may keep us when we say good-bye.
constexpr Milliseconds kGoodbye{200};

// What the BIO's callbacks need; lives in the TlsLayer.
struct Wire {
    std::unique_ptr<Layer> below;
    Deadline deadline = Deadline::never();
    std::optional<Error> error;
    bool ended = false;
};

extern "C" int rookery_bio_read(BIO* bio, char* into, int size)
{
    auto* wire = static_cast<Wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (size <= 0) return 0;
    auto n = wire->below->read({into, static_cast<size_t>(size)}, wire->deadline);
    if (!n) {
        // After a time-out the read can go on later.
        if (n.is(Code::timeout)) BIO_set_retry_read(bio);
        wire->error = n.error();
        return -1;
    }
    wire->ended = *n == 0;
    return static_cast<int>(*n);
}

extern "C" int rookery_bio_write(BIO* bio, const char* bytes, int size)
{
    auto* wire = static_cast<Wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (size <= 0) return 0;
    auto written = wire->below->write({bytes, static_cast<size_t>(size)}, wire->deadline);
    if (written) return size;
    wire->error = written.error();
    return -1;
}

extern "C" long rookery_bio_ctrl(BIO*, int command, long, void*)
{
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

extern "C" int rookery_bio_create(BIO* bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD* make_method()
{
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "layer");
    if (method == nullptr) panic("BIO_meth_new");
    BIO_meth_set_read(method, rookery_bio_read);
    BIO_meth_set_write(method, rookery_bio_write);
    BIO_meth_set_ctrl(method, rookery_bio_ctrl);
    BIO_meth_set_create(method, rookery_bio_create);
    return method;
}

// One for the process, never freed.
BIO_METHOD* layer_method()
{
    static BIO_METHOD* const method = make_method();
    return method;
}

class TlsLayer final : public Layer {
 public:
    TlsLayer(SslPtr ssl, std::unique_ptr<Layer> below) : ssl_(std::move(ssl))
    {
        wire_.below = std::move(below);
    }
    Status attach();
    Status handshake(Deadline deadline);

    Result<size_t> read(std::span<char> into, Deadline deadline) override;
    Status write(std::string_view bytes, Deadline deadline) override;
    Status flush(Deadline deadline) override { return wire_.below->flush(deadline); }
    bool has_pending() const override
    {
        return SSL_pending(ssl_.get()) > 0 || wire_.below->has_pending();
    }
    Result<bool> can_read() override;
    void shut_down() override;
    int fd() const override { return wire_.below->fd(); }
    TlsInfo info() const;

 private:
    void begin(Deadline deadline);
    Error failure(int result);

    // wire_ outlives ssl_, whose BIO points at it.
    Wire wire_;
    SslPtr ssl_;
};

Status TlsLayer::attach()
{
    BIO* bio = BIO_new(layer_method());
    if (bio == nullptr) return Error{Code::io, cat("TLS: ", openssl_error())};
    BIO_set_data(bio, &wire_);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_set_options(ssl_.get(), SSL_OP_NO_RENEGOTIATION);
    return success();
}

void TlsLayer::begin(Deadline deadline)
{
    wire_.deadline = deadline;
    wire_.error.reset();
    wire_.ended = false;
    ERR_clear_error();
}

// Not for SSL_ERROR_ZERO_RETURN.
Error TlsLayer::failure(int result)
{
    int kind = SSL_get_error(ssl_.get(), result);
    if (kind == SSL_ERROR_WANT_READ) return Error{Code::timeout, "the other end is silent"};
    if (wire_.error) return *std::exchange(wire_.error, std::nullopt);
    if (wire_.ended) return Error{Code::closed, "TLS: the other end closed the connection"};
    if (long verdict = SSL_get_verify_result(ssl_.get()); verdict != X509_V_OK)
        return Error{Code::denied, cat("certificate: ", X509_verify_cert_error_string(verdict))};
    return Error{Code::io, cat("TLS: ", openssl_error())};
}

Status TlsLayer::handshake(Deadline deadline)
{
    begin(deadline);
    int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return success();
    return failure(result);
}

Result<size_t> TlsLayer::read(std::span<char> into, Deadline deadline)
{
    begin(deadline);
    int want = static_cast<int>(std::min<size_t>(into.size(), INT_MAX));
    int n = SSL_read(ssl_.get(), into.data(), want);
    if (n > 0) return static_cast<size_t>(n);
    if (SSL_get_error(ssl_.get(), n) == SSL_ERROR_ZERO_RETURN) return size_t{0};
    Error e = failure(n);
    if (e.code == Code::closed && wire_.ended) return size_t{0};
    return e;
}

Result<bool> TlsLayer::can_read()
{
    TRY_ASSIGN(bool below, wire_.below->can_read());
    if (!below) return false;
    begin(Deadline::after(Milliseconds(0)));
    char byte = 0;
    int n = SSL_peek(ssl_.get(), &byte, 1);
    // End of file and errors come at once when read is called.
    return n > 0 || SSL_get_error(ssl_.get(), n) != SSL_ERROR_WANT_READ;
}

Status TlsLayer::write(std::string_view bytes, Deadline deadline)
{
    constexpr size_t kMostAtOnce = 1 << 20;
    begin(deadline);
    while (!bytes.empty()) {
        std::string_view piece = bytes.substr(0, kMostAtOnce);
        int n = SSL_write(ssl_.get(), piece.data(), static_cast<int>(piece.size()));
        if (n <= 0) return failure(n);
        bytes.remove_prefix(static_cast<size_t>(n));
    }
    return success();
}

void TlsLayer::shut_down()
{
    begin(Deadline::after(kGoodbye));
    if (SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
    ERR_clear_error();
    wire_.below->shut_down();
}

struct X509Deleter {
    void operator()(X509* x) const { X509_free(x); }
};

std::string name_entry(const X509_NAME* name, int nid)
{
    int at = X509_NAME_get_index_by_NID(name, nid, -1);
    if (at < 0) return {};
    const ASN1_STRING* data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    unsigned char* utf8 = nullptr;
    int size = ASN1_STRING_to_UTF8(&utf8, data);
    if (size < 0) return {};
    std::string text(utf8, utf8 + size);
    OPENSSL_free(utf8);
    return text;
}

// Unix time; 0: it does not say.
int64_t end_of(const X509& certificate)
{
    int days = 0;
    int seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(&certificate)) != 1) return 0;
    return wall_seconds() + int64_t{days} * 86400 + seconds;
}

TlsInfo TlsLayer::info() const
{
    TlsInfo info;
    const SSL* ssl = ssl_.get();
    info.protocol = SSL_get_version(ssl);
    if (const char* name = SSL_get_cipher_name(ssl)) info.cipher = name;
    info.bits = SSL_get_cipher_bits(ssl, nullptr);
    std::unique_ptr<X509, X509Deleter> peer(SSL_get1_peer_certificate(ssl));
    if (peer) info.peer_expires = end_of(*peer);
    if (!peer || SSL_get_verify_result(ssl) != X509_V_OK) return info;
    const X509_NAME* subject = X509_get_subject_name(peer.get());
    char text[512] = {};
    X509_NAME_oneline(subject, text, sizeof text);
    info.peer_subject = text;
    info.peer_common_name = name_entry(subject, NID_commonName);
    return info;
}

Result<std::unique_ptr<TlsLayer>> make_layer(SslPtr ssl, std::unique_ptr<Layer> below)
{
    if (!ssl) return Error{Code::io, "TLS: no session"};
    auto layer = std::make_unique<TlsLayer>(std::move(ssl), std::move(below));
    TRY(layer->attach());
    return layer;
}

}  // namespace

void SslDeleter::operator()(SSL* ssl) const
{
    SSL_free(ssl);
}

Result<std::unique_ptr<Layer>> tls_layer(SslPtr ssl, std::unique_ptr<Layer> below,
                                         Deadline deadline)
{
    TRY_ASSIGN(auto layer, make_layer(std::move(ssl), std::move(below)));
    TRY(layer->handshake(deadline));
    return std::unique_ptr<Layer>(std::move(layer));
}

Result<std::unique_ptr<Layer>> tls_layer_before_handshake(SslPtr ssl, std::unique_ptr<Layer> below)
{
    TRY_ASSIGN(auto layer, make_layer(std::move(ssl), std::move(below)));
    return std::unique_ptr<Layer>(std::move(layer));
}

Result<bool> tls_handshake(Layer& layer)
{
    auto* tls = dynamic_cast<TlsLayer*>(&layer);
    if (tls == nullptr) return Error{Code::io, "TLS: no layer"};
    Status done = tls->handshake(Deadline::after(Milliseconds(0)));
    if (done.is(Code::timeout)) return false;
    TRY(done);
    return true;
}

std::optional<TlsInfo> tls_info(const Layer& layer)
{
    if (const auto* tls = dynamic_cast<const TlsLayer*>(&layer)) return tls->info();
    return std::nullopt;
}

std::string openssl_error()
{
    unsigned long code = ERR_get_error();
    if (code == 0) return "no reason given";
    char text[256] = {};
    const char* reason = ERR_reason_error_string(code);
    if (reason == nullptr) ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return reason != nullptr ? reason : text;
}

}  // namespace rookery::stream
