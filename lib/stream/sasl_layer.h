// The SASL security layer (RFC 4422, 3.7): every buffer is encoded and decoded by two functions.
//
// Takes functions so that this folder does not know libsasl2; whoever makes them keeps what they
// use alive as long as the layer. encode gets at most max_encode bytes; decode gets what came and
// gives what is complete, maybe nothing. Codes: those of the functions and of the layer below.
#ifndef ROOKERY_LIB_STREAM_SASL_LAYER_H
#define ROOKERY_LIB_STREAM_SASL_LAYER_H

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/stream/layer.h"

namespace rookery::stream {

struct SaslCodec {
    using Function = std::function<Result<std::string>(std::string_view)>;
    Function encode;
    Function decode;
    size_t max_encode = 4096;
};

std::unique_ptr<Layer> sasl_layer(SaslCodec codec, std::unique_ptr<Layer> below);

}  // namespace rookery::stream

#endif
