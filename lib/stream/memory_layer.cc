// A connection made of two strings.
#include "lib/stream/memory_layer.h"

#include <string.h>

#include <algorithm>

namespace rookery::stream {
namespace {

class MemoryLayer final : public Layer {
 public:
    explicit MemoryLayer(MemoryEnds& ends) : ends_(ends) {}
    Result<size_t> read(std::span<char> into, Deadline) override
    {
        if (ends_.input.empty() && ends_.silent) return Error{Code::timeout, "silent"};
        size_t n = std::min({into.size(), ends_.input.size(), ends_.chunk});
        ::memcpy(into.data(), ends_.input.data(), n);
        ends_.input.erase(0, n);
        return n;
    }
    Status write(std::string_view bytes, Deadline) override
    {
        ends_.output.append(bytes);
        return success();
    }
    Status flush(Deadline) override { return success(); }
    bool has_pending() const override { return !ends_.input.empty() || !ends_.silent; }
    Result<bool> can_read() override { return has_pending(); }
    void shut_down() override { ends_.shut_down = true; }
    int fd() const override { return -1; }

 private:
    MemoryEnds& ends_;
};

}  // namespace

std::unique_ptr<Layer> memory_layer(MemoryEnds& ends)
{
    return std::make_unique<MemoryLayer>(ends);
}

}  // namespace rookery::stream
