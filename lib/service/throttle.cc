// Counting deaths, limiting rates.
#include "lib/service/throttle.h"

#include <algorithm>

namespace rookery::service {

unsigned Deaths::recent(MonotonicTime now)
{
    while (!times_.empty() && now - times_.front() > window_) times_.pop_front();
    return static_cast<unsigned>(times_.size());
}

bool Deaths::record(MonotonicTime now)
{
    times_.push_back(now);
    return recent(now) >= limit_;
}

void RateLimit::refill(MonotonicTime now)
{
    if (last_ != MonotonicTime{}) {
        std::chrono::duration<double> passed = now - last_;
        tokens_ = std::min<double>(per_second_, tokens_ + passed.count() * per_second_);
    }
    last_ = now;
}

bool RateLimit::take(MonotonicTime now)
{
    if (per_second_ == 0) return true;
    refill(now);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
}

Milliseconds RateLimit::wait(MonotonicTime now)
{
    if (per_second_ == 0) return Milliseconds(0);
    refill(now);
    if (tokens_ >= 1) return Milliseconds(0);
    return Milliseconds(static_cast<int64_t>((1 - tokens_) * 1000 / per_second_) + 1);
}

}  // namespace rookery::service
