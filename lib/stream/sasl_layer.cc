// The SASL security layer.
#include "lib/stream/sasl_layer.h"

#include <string.h>

#include <algorithm>

namespace rookery::stream {
namespace {

class SaslLayer final : public Layer {
 public:
    SaslLayer(SaslCodec codec, std::unique_ptr<Layer> below)
        : codec_(std::move(codec)), below_(std::move(below))
    {
    }
    Result<size_t> read(std::span<char> into, Deadline deadline) override;
    Status write(std::string_view bytes, Deadline deadline) override;
    Status flush(Deadline deadline) override { return below_->flush(deadline); }
    bool has_pending() const override { return !plain_.empty() || below_->has_pending(); }
    Result<bool> can_read() override;
    void shut_down() override { below_->shut_down(); }
    int fd() const override { return below_->fd(); }

 private:
    // Until there is plain text or the end.
    Status take_in(Deadline deadline);

    SaslCodec codec_;
    std::unique_ptr<Layer> below_;
    std::string plain_;
    size_t given_ = 0;  // of plain_
    bool ended_ = false;
};

Status SaslLayer::take_in(Deadline deadline)
{
    char bytes[4096];
    while (plain_.empty() && !ended_) {
        TRY_ASSIGN(size_t n, below_->read(bytes, deadline));
        if (n == 0) {
            ended_ = true;
            break;
        }
        TRY_ASSIGN(plain_, codec_.decode({bytes, n}));
        given_ = 0;
    }
    return success();
}

Result<size_t> SaslLayer::read(std::span<char> into, Deadline deadline)
{
    TRY(take_in(deadline));
    size_t n = std::min(into.size(), plain_.size() - given_);
    ::memcpy(into.data(), plain_.data() + given_, n);
    given_ += n;
    if (given_ == plain_.size()) {
        std::string().swap(plain_);
        given_ = 0;
    }
    return n;
}

Result<bool> SaslLayer::can_read()
{
    if (!plain_.empty()) return true;
    TRY_ASSIGN(bool below, below_->can_read());
    if (!below) return false;
    auto taken = take_in(Deadline::after(Milliseconds(0)));
    if (taken.is(Code::timeout)) return false;
    TRY(taken);
    return true;
}

Status SaslLayer::write(std::string_view bytes, Deadline deadline)
{
    while (!bytes.empty()) {
        std::string_view piece = bytes.substr(0, codec_.max_encode);
        TRY_ASSIGN(std::string encoded, codec_.encode(piece));
        TRY(below_->write(encoded, deadline));
        bytes.remove_prefix(piece.size());
    }
    return success();
}

}  // namespace

std::unique_ptr<Layer> sasl_layer(SaslCodec codec, std::unique_ptr<Layer> below)
{
    codec.max_encode = std::clamp<size_t>(codec.max_encode, 16, 65536);
    return std::make_unique<SaslLayer>(std::move(codec), std::move(below));
}

}  // namespace rookery::stream
