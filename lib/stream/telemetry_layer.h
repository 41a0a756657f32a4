// The telemetry layer: a copy of a session's bytes in a log file, for finding out what a client
// does.
//
// Each block is "\n<SECONDS<" (from the client) or "\n>SECONDS>" (to the client) and the bytes. Put
// on after login, so that no password is written. A log that cannot be written is given up
// silently; after kMaxTelemetry bytes it ends.
#ifndef ROOKERY_LIB_STREAM_TELEMETRY_LAYER_H
#define ROOKERY_LIB_STREAM_TELEMETRY_LAYER_H

#include <memory>

#include "lib/base/fd.h"
#include "lib/stream/layer.h"

namespace rookery::stream {

inline constexpr uint64_t kMaxTelemetry = 256u << 20;

std::unique_ptr<Layer> telemetry_layer(Fd log, std::unique_ptr<Layer> below);

}  // namespace rookery::stream

#endif
