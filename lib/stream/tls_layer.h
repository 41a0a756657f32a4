// TlsLayer: TLS over the layer below, by OpenSSL through a BIO on that layer.
//
// Free of policy: takes an SSL* that is ready to go (accept or connect state, verification, names),
// does the handshake within the deadline and owns both from then on. Certificates and contexts are
// lib/auth/tls_context.h's. Buffers of an idle connection are given back
// (SSL_MODE_RELEASE_BUFFERS). An end of file without close_notify counts as an end of file: the
// protocols above have their own ends. Codes: timeout, closed, io (TLS errors), denied (the
// certificate was not accepted).
#ifndef ROOKERY_LIB_STREAM_TLS_LAYER_H
#define ROOKERY_LIB_STREAM_TLS_LAYER_H

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lib/stream/layer.h"

namespace rookery::stream {

struct SslDeleter {
    void operator()(SSL* ssl) const;
};
using SslPtr = std::unique_ptr<SSL, SslDeleter>;

// The handshake, then the layer. On failure the layer below is gone too.
Result<std::unique_ptr<Layer>> tls_layer(SslPtr ssl, std::unique_ptr<Layer> below,
                                         Deadline deadline);

// The layer without its handshake, for a thread that must not wait: tls_handshake() does of it what
// can be done now, and says whether it is complete. Nothing else may be done with the layer before
// that. The layer below must be one whose writes do not wait (OutboxLayer).
Result<std::unique_ptr<Layer>> tls_layer_before_handshake(SslPtr ssl, std::unique_ptr<Layer> below);
Result<bool> tls_handshake(Layer& layer);

struct TlsInfo {
    std::string protocol;  // "TLSv1.3"
    std::string cipher;
    int bits = 0;
    int64_t peer_expires = 0;      // when its certificate ends, Unix time, verified or not; 0: none
    std::string peer_subject;      // "" without a verified peer certificate
    std::string peer_common_name;  // the same
};
// None if the layer is not TLS.
std::optional<TlsInfo> tls_info(const Layer& layer);

// The oldest OpenSSL error of this thread as text; empties the queue.
std::string openssl_error();

}  // namespace rookery::stream

#endif
