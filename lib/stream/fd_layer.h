// FdLayer: the bottom of a Stream, over a connected socket or a pipe, which it owns.
//
// The descriptor is made non-blocking; every wait is signals::poll_fds with the caller's deadline.
// A deadline that has passed already still takes what is there, so Deadline::after(0) means "do not
// wait". A write to a connection that the peer closed is Code::closed, not a signal. With a
// deadline that ends_when_told(), a request to end the process is the end of a wait for input; what
// has been said already gets kLastWords to leave.
#ifndef ROOKERY_LIB_STREAM_FD_LAYER_H
#define ROOKERY_LIB_STREAM_FD_LAYER_H

#include <optional>

#include "lib/base/fd.h"
#include "lib/stream/layer.h"

namespace rookery::stream {

class FdLayer final : public Layer {
 public:
    static constexpr Milliseconds kLastWords{5000};

    explicit FdLayer(Fd fd);
    Result<size_t> read(std::span<char> into, Deadline deadline) override;
    Status write(std::string_view bytes, Deadline deadline) override;
    // What is taken without a wait; 0 if nothing is.
    Result<size_t> write_some(std::string_view bytes);
    Status flush(Deadline) override { return success(); }
    bool has_pending() const override { return false; }
    Result<bool> can_read() override { return true; }
    void shut_down() override {}
    int fd() const override { return fd_.get(); }

 private:
    Status wait_for(short events, Deadline deadline);

    Fd fd_;
    std::optional<Deadline> last_words_;  // since a request to end was seen
};

}  // namespace rookery::stream

#endif
