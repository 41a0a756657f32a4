// Deadlines on the monotonic clock, and the wall clock.
//
// A Deadline is a point on the monotonic clock or never, and may say that a request to end
// (lib/base/signals.h) ends the wait before it. poll_ms() is what poll(2) wants.
#ifndef ROOKERY_LIB_BASE_CLOCK_H
#define ROOKERY_LIB_BASE_CLOCK_H

#include <chrono>
#include <cstdint>
#include <optional>

namespace rookery {

using Seconds = std::chrono::seconds;
using Milliseconds = std::chrono::milliseconds;
using MonotonicTime = std::chrono::steady_clock::time_point;

inline MonotonicTime monotonic_now()
{
    return std::chrono::steady_clock::now();
}

// Seconds since 1970-01-01 UTC.
inline int64_t wall_seconds()
{
    return std::chrono::duration_cast<Seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

class Deadline {
 public:
    static Deadline never() { return Deadline(); }
    static Deadline after(Milliseconds wait) { return Deadline(monotonic_now() + wait); }
    static Deadline at(MonotonicTime when) { return Deadline(when); }

    bool passed() const { return when_ && monotonic_now() >= *when_; }
    bool is_never() const { return !when_; }
    // Milliseconds left, rounded up, at least 0; -1 for never.
    int poll_ms() const
    {
        if (!when_) return -1;
        auto left = std::chrono::ceil<Milliseconds>(*when_ - monotonic_now()).count();
        return left <= 0 ? 0 : left > 86'400'000 ? 86'400'000 : static_cast<int>(left);
    }
    // The sooner of two; a request to end counts if it does for one of them.
    Deadline min(Deadline other) const
    {
        Deadline sooner = !when_ || (other.when_ && *other.when_ < *when_) ? other : *this;
        sooner.or_told_to_end_ = or_told_to_end_ || other.or_told_to_end_;
        return sooner;
    }
    Deadline or_told_to_end() const
    {
        Deadline same = *this;
        same.or_told_to_end_ = true;
        return same;
    }
    bool ends_when_told() const { return or_told_to_end_; }

 private:
    Deadline() = default;
    explicit Deadline(MonotonicTime when) : when_(when) {}
    std::optional<MonotonicTime> when_;
    bool or_told_to_end_ = false;
};

}  // namespace rookery

#endif
