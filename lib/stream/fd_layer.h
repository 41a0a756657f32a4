// FdLayer: the bottom of a Stream, over a connected socket or a pipe, which it owns.
//
// The descriptor is made non-blocking; every wait is signals::poll_fds with the caller's deadline.
// A deadline that has passed already still takes what is there, so Deadline::after(0) means "do not
// wait". A write to a connection that the peer closed is Code::closed, not a signal.
#ifndef ROOKERY_LIB_STREAM_FD_LAYER_H
#define ROOKERY_LIB_STREAM_FD_LAYER_H

#include "lib/base/fd.h"
#include "lib/stream/layer.h"

namespace rookery::stream {

class FdLayer final : public Layer {
 public:
    explicit FdLayer(Fd fd);
    Result<size_t> read(std::span<char> into, Deadline deadline) override;
    Status write(std::string_view bytes, Deadline deadline) override;
    Status flush(Deadline) override { return success(); }
    bool has_pending() const override { return false; }
    Result<bool> can_read() override { return true; }
    void shut_down() override {}
    int fd() const override { return fd_.get(); }

 private:
    Fd fd_;
};

}  // namespace rookery::stream

#endif
