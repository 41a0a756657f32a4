#include "lib/stream/unread.h"

#include <string.h>

#include <algorithm>

namespace rookery::stream {
namespace {

class UnreadLayer final : public Layer {
 public:
    UnreadLayer(std::string bytes, std::unique_ptr<Layer> below)
        : bytes_(std::move(bytes)), below_(std::move(below))
    {
    }
    Result<size_t> read(std::span<char> into, Deadline deadline) override
    {
        if (bytes_.empty()) return below_->read(into, deadline);
        const size_t n = std::min(into.size(), bytes_.size());
        ::memcpy(into.data(), bytes_.data(), n);
        bytes_.erase(0, n);
        if (bytes_.empty()) std::string().swap(bytes_);
        return n;
    }
    Status write(std::string_view bytes, Deadline deadline) override
    {
        return below_->write(bytes, deadline);
    }
    Status flush(Deadline deadline) override { return below_->flush(deadline); }
    bool has_pending() const override { return !bytes_.empty() || below_->has_pending(); }
    Result<bool> can_read() override
    {
        if (!bytes_.empty()) return true;
        return below_->can_read();
    }
    void shut_down() override { below_->shut_down(); }
    int fd() const override { return below_->fd(); }

 private:
    std::string bytes_;
    std::unique_ptr<Layer> below_;
};

}  // namespace

void unread(Stream& stream)
{
    std::string bytes(stream.buffered());
    if (bytes.empty()) return;
    stream.consume(bytes.size());
    stream.wrap_layer([&](std::unique_ptr<Layer> below) -> std::unique_ptr<Layer> {
        return std::make_unique<UnreadLayer>(std::move(bytes), std::move(below));
    });
}

}  // namespace rookery::stream
