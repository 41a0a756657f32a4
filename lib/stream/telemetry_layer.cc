// A copy of a session in a file.
#include "lib/stream/telemetry_layer.h"

#include "lib/base/strings.h"

namespace rookery::stream {
namespace {

class TelemetryLayer final : public Layer {
 public:
    TelemetryLayer(Fd log, std::unique_ptr<Layer> below)
        : log_(std::move(log)), below_(std::move(below))
    {
    }
    Result<size_t> read(std::span<char> into, Deadline deadline) override
    {
        TRY_ASSIGN(size_t n, below_->read(into, deadline));
        record('<', {into.data(), n});
        return n;
    }
    Status write(std::string_view bytes, Deadline deadline) override
    {
        record('>', bytes);
        return below_->write(bytes, deadline);
    }
    Status flush(Deadline deadline) override { return below_->flush(deadline); }
    bool has_pending() const override { return below_->has_pending(); }
    Result<bool> can_read() override { return below_->can_read(); }
    void shut_down() override { below_->shut_down(); }
    int fd() const override { return below_->fd(); }
    std::unique_ptr<Layer> take_below() override { return std::move(below_); }

 private:
    void record(char direction, std::string_view bytes)
    {
        if (!log_ || bytes.empty()) return;
        std::string block = cat('\n', direction, wall_seconds(), direction, bytes);
        written_ += block.size();
        if (written_ > kMaxTelemetry || !write_all(log_.get(), block)) log_.reset();
    }

    Fd log_;
    std::unique_ptr<Layer> below_;
    uint64_t written_ = 0;
};

}  // namespace

std::unique_ptr<Layer> telemetry_layer(Fd log, std::unique_ptr<Layer> below)
{
    return std::make_unique<TelemetryLayer>(std::move(log), std::move(below));
}

}  // namespace rookery::stream
