// Raw deflate in both directions.
#include "lib/stream/deflate_layer.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

#include <algorithm>
#include <string>

#include "lib/base/strings.h"

namespace rookery::stream {
namespace {

constexpr int kRawWindow = -15;  // negative: no zlib header
constexpr int kMemoryLevel = 8;
constexpr size_t kBuffer = 4096;

Bytef* as_bytes(char* p)
{
    return static_cast<Bytef*>(static_cast<void*>(p));
}

// zlib's next_in is not const, and it does not write there.
Bytef* as_input(const char* p)
{
    return as_bytes(const_cast<char*>(p));
}

class DeflateLayer final : public Layer {
 public:
    explicit DeflateLayer(std::unique_ptr<Layer> below) : below_(std::move(below)) {}
    ~DeflateLayer() override
    {
        if (ready_) {
            ::deflateEnd(&out_);
            ::inflateEnd(&in_);
        }
    }
    Status begin();
    Result<size_t> read(std::span<char> into, Deadline deadline) override;
    Status write(std::string_view bytes, Deadline deadline) override;
    Status flush(Deadline deadline) override;
    bool has_pending() const override
    {
        return !held_.empty() || in_.avail_in > 0 || more_ || below_->has_pending();
    }
    Result<bool> can_read() override;
    void shut_down() override { below_->shut_down(); }
    int fd() const override { return below_->fd(); }

 private:
    Result<size_t> unpack(std::span<char> into, Deadline deadline);
    Status pack(int how, Deadline deadline);

    std::unique_ptr<Layer> below_;
    z_stream in_{};
    z_stream out_{};
    bool ready_ = false;
    bool more_ = false;  // the last unpacking filled its space: there may be more inside
    bool ended_ = false;
    bool dirty_ = false;  // something to flush
    std::string held_;    // unpacked by can_read
    char packed_[kBuffer];
};

Status DeflateLayer::begin()
{
    if (::deflateInit2(&out_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRawWindow, kMemoryLevel,
                       Z_DEFAULT_STRATEGY) != Z_OK)
        return Error{Code::io, "deflate: no memory"};
    if (::inflateInit2(&in_, kRawWindow) != Z_OK) {
        ::deflateEnd(&out_);
        return Error{Code::io, "inflate: no memory"};
    }
    ready_ = true;
    return success();
}

Result<size_t> DeflateLayer::unpack(std::span<char> into, Deadline deadline)
{
    while (!ended_) {
        if (in_.avail_in == 0 && !more_) {
            TRY_ASSIGN(size_t n, below_->read(packed_, deadline));
            if (n == 0) return size_t{0};
            in_.next_in = as_bytes(packed_);
            in_.avail_in = static_cast<uInt>(n);
        }
        uInt space = static_cast<uInt>(std::min<size_t>(into.size(), INT_MAX));
        in_.next_out = as_bytes(into.data());
        in_.avail_out = space;
        int result = ::inflate(&in_, Z_SYNC_FLUSH);
        more_ = in_.avail_out == 0;
        if (result == Z_STREAM_END) ended_ = true;
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return Error{Code::syntax, cat("inflate: ", in_.msg != nullptr ? in_.msg : "bad data")};
        if (in_.avail_out < space) return size_t{space - in_.avail_out};
    }
    return size_t{0};
}

Result<size_t> DeflateLayer::read(std::span<char> into, Deadline deadline)
{
    if (held_.empty()) return unpack(into, deadline);
    size_t n = std::min(into.size(), held_.size());
    ::memcpy(into.data(), held_.data(), n);
    held_.erase(0, n);
    return n;
}

Result<bool> DeflateLayer::can_read()
{
    if (!held_.empty()) return true;
    TRY_ASSIGN(bool below, below_->can_read());
    if (!below && !has_pending()) return false;
    char some[256];
    auto n = unpack(some, Deadline::after(Milliseconds(0)));
    if (n.is(Code::timeout)) return false;
    TRY_ASSIGN(size_t got, n);
    held_.assign(some, got);
    if (got == 0) ended_ = true;
    return true;
}

Status DeflateLayer::pack(int how, Deadline deadline)
{
    char packed[kBuffer];
    do {
        out_.next_out = as_bytes(packed);
        out_.avail_out = sizeof packed;
        int result = ::deflate(&out_, how);
        if (result != Z_OK && result != Z_BUF_ERROR) return Error{Code::io, "deflate failed"};
        TRY(below_->write({packed, sizeof packed - out_.avail_out}, deadline));
    } while (out_.avail_out == 0);
    return success();
}

Status DeflateLayer::write(std::string_view bytes, Deadline deadline)
{
    while (!bytes.empty()) {
        std::string_view piece = bytes.substr(0, INT_MAX);
        out_.next_in = as_input(piece.data());
        out_.avail_in = static_cast<uInt>(piece.size());
        dirty_ = true;
        TRY(pack(Z_NO_FLUSH, deadline));
        bytes.remove_prefix(piece.size());
    }
    return success();
}

Status DeflateLayer::flush(Deadline deadline)
{
    if (dirty_) {
        dirty_ = false;
        TRY(pack(Z_SYNC_FLUSH, deadline));
    }
    return below_->flush(deadline);
}

}  // namespace

Result<std::unique_ptr<Layer>> deflate_layer(std::unique_ptr<Layer> below)
{
    auto layer = std::make_unique<DeflateLayer>(std::move(below));
    TRY(layer->begin());
    return std::unique_ptr<Layer>(std::move(layer));
}

}  // namespace rookery::stream
