// What is held until the other end takes it.
#include "lib/stream/outbox_layer.h"

namespace rookery::stream {

Status OutboxLayer::write(std::string_view bytes, Deadline deadline)
{
    if (held() > 0) {
        held_.append(bytes);
        return flush(deadline);
    }
    progress_ = monotonic_now();
    TRY_ASSIGN(size_t n, socket_.write_some(bytes));
    held_.assign(bytes.substr(n));
    sent_ = 0;
    return success();
}

Status OutboxLayer::flush(Deadline)
{
    while (held() > 0) {
        TRY_ASSIGN(size_t n, socket_.write_some(std::string_view(held_).substr(sent_)));
        if (n == 0) break;
        sent_ += n;
        progress_ = monotonic_now();
    }
    if (held() == 0) {
        std::string().swap(held_);
        sent_ = 0;
    } else if (sent_ > held_.size() / 2) {
        held_.erase(0, sent_);
        sent_ = 0;
    }
    return success();
}

}  // namespace rookery::stream
