// Layer: one stage of a connection. The bottom layer owns the descriptor; TLS, SASL, deflate and
// telemetry each own the layer below them. Stream talks to the top one.
//
// read gives 1..n bytes, or 0 at a clean end; it waits until something is there or the deadline
// passes (Code::timeout; what was there is not lost, a later read goes on). No signal cuts a read
// short; Stream::wait_input is for that. A deadline that has passed means "do not wait", not "do
// nothing". write takes all bytes or fails.
// Codes: timeout, closed, io, limit.
#ifndef ROOKERY_LIB_STREAM_LAYER_H
#define ROOKERY_LIB_STREAM_LAYER_H

#include <memory>
#include <span>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace rookery::stream {

class Layer {
 public:
    virtual ~Layer() = default;
    virtual Result<size_t> read(std::span<char> into, Deadline deadline) = 0;
    virtual Status write(std::string_view bytes, Deadline deadline) = 0;
    // What write may have kept back goes out (deflate, TLS).
    virtual Status flush(Deadline deadline) = 0;
    // True when bytes are held in this layer or one below, so that read may give something without
    // the descriptor becoming readable; can_read says for certain.
    virtual bool has_pending() const = 0;
    // Asked when the descriptor is readable or bytes are held: would read now give bytes, an end of
    // file or an error at once? Takes in what is there without waiting (a TLS record may carry no
    // data).
    virtual Result<bool> can_read() = 0;
    // The polite end: TLS close_notify. Never waits long, never fails.
    virtual void shut_down() = 0;
    virtual int fd() const = 0;
    // A layer that lets the bytes through as they are gives up the one below, and is of no use
    // afterwards. Null: it changes them and has to stay.
    virtual std::unique_ptr<Layer> take_below() { return nullptr; }
};

}  // namespace rookery::stream

#endif
