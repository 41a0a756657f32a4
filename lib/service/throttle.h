// What keeps a process that dies at once from becoming a fork bomb.
//
// Deaths counts deaths within a window. RateLimit allows so many starts per second, with a burst of
// one second's worth. Times are monotonic and given by the caller.
#ifndef ROOKERY_LIB_SERVICE_THROTTLE_H
#define ROOKERY_LIB_SERVICE_THROTTLE_H

#include <deque>

#include "lib/base/clock.h"

namespace rookery::service {

class Deaths {
 public:
    Deaths(unsigned limit, Seconds window) : limit_(limit), window_(window) {}
    // One more; true when the limit is reached within the window.
    bool record(MonotonicTime now);
    // Deaths within the window.
    unsigned recent(MonotonicTime now);
    void clear() { times_.clear(); }

 private:
    unsigned limit_;
    Seconds window_;
    std::deque<MonotonicTime> times_;
};

class RateLimit {
 public:
    // per_second 0: no limit.
    explicit RateLimit(unsigned per_second) : per_second_(per_second), tokens_(per_second) {}
    // Takes one if there is one.
    bool take(MonotonicTime now);
    // How long until take() can succeed.
    Milliseconds wait(MonotonicTime now);

 private:
    void refill(MonotonicTime now);

    unsigned per_second_;
    double tokens_;
    MonotonicTime last_{};
};

}  // namespace rookery::service

#endif
