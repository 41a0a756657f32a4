// The DEFLATE layer: raw deflate (RFC 1951) in both directions, as COMPRESS (RFC 4978) wants it.
//
// Costs about 300 kB while it lives. A read never unpacks more than was asked for, so a small input
// cannot grow memory. What write takes goes out with flush (Z_SYNC_FLUSH).
// Codes: syntax (not deflate), io, and those of the layer below.
#ifndef ROOKERY_LIB_STREAM_DEFLATE_LAYER_H
#define ROOKERY_LIB_STREAM_DEFLATE_LAYER_H

#include <memory>

#include "lib/stream/layer.h"

namespace rookery::stream {

Result<std::unique_ptr<Layer>> deflate_layer(std::unique_ptr<Layer> below);

}  // namespace rookery::stream

#endif
