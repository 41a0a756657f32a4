// unread(): what a stream has taken in and nobody has read goes back below it, so that a layer that
// is pushed next reads it first.
//
// For a layer under which the other end speaks at once, and which lets nothing pass that is not its
// own (SASL's); never before TLS, where it would be what somebody put in (RFC 3207 4.2). Cannot
// fail.
#ifndef ROOKERY_LIB_STREAM_UNREAD_H
#define ROOKERY_LIB_STREAM_UNREAD_H

#include "lib/stream/stream.h"

namespace rookery::stream {

void unread(Stream& stream);

}  // namespace rookery::stream

#endif
