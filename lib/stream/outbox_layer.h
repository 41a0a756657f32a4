// OutboxLayer: a bottom that never makes anybody wait, for threads that serve many.
//
// What the other end does not take at once is held here and goes out when flush() is called again;
// the owner waits for that by poll(2), and should produce no more while held() is over its limit:
// this layer has none of its own. Reads are FdLayer's. Codes: those of FdLayer. One thread at a
// time.
#ifndef ROOKERY_LIB_STREAM_OUTBOX_LAYER_H
#define ROOKERY_LIB_STREAM_OUTBOX_LAYER_H

#include <string>

#include "lib/stream/fd_layer.h"

namespace rookery::stream {

class OutboxLayer final : public Layer {
 public:
    explicit OutboxLayer(Fd fd) : socket_(std::move(fd)), progress_(monotonic_now()) {}
    Result<size_t> read(std::span<char> into, Deadline deadline) override
    {
        return socket_.read(into, deadline);
    }
    Status write(std::string_view bytes, Deadline deadline) override;
    // Sends what can be sent now; that something is left is no failure.
    Status flush(Deadline deadline) override;
    bool has_pending() const override { return false; }
    Result<bool> can_read() override { return true; }
    void shut_down() override {}
    int fd() const override { return socket_.fd(); }

    size_t held() const { return held_.size() - sent_; }
    // When the other end last took something, or something was written while nothing was held.
    MonotonicTime progress() const { return progress_; }

 private:
    FdLayer socket_;
    std::string held_;
    size_t sent_ = 0;  // of held_
    MonotonicTime progress_;
};

}  // namespace rookery::stream

#endif
