// Look: at all that there is, wanted where something may have happened that no event has told.
//
// It costs what there is, not what has changed. So that changes that come without end cost what
// they are many, it rests kRests times the processor's time that it took, kLongest at most, before
// it is due again. Cannot fail of itself; a value; one thread.
#ifndef ROOKERY_IMAP_IMAPD_NOTIFY_LOOK_H
#define ROOKERY_IMAP_IMAPD_NOTIFY_LOOK_H

#include <algorithm>
#include <cstdint>
#include <ctime>

#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace rookery::imapd {

class Look {
 public:
    static constexpr int kRests = 4;
    static constexpr Milliseconds kLongest{10'000};

    void want() { wanted_ = true; }
    bool is_due() const { return wanted_ && next_.passed(); }
    Deadline due() const { return wanted_ ? next_ : Deadline::never(); }

    // What it misses has to be wanted again.
    template <class F>
    Status take(const F& look)
    {
        wanted_ = false;
        const std::clock_t began = std::clock();
        Status done = look();
        const int64_t took = int64_t{std::clock() - began} * 1000 / CLOCKS_PER_SEC;
        next_ = Deadline::after(std::min(Milliseconds(took * kRests), kLongest));
        return done;
    }

 private:
    bool wanted_ = false;
    Deadline next_ = Deadline::after(Milliseconds(0));
};

}  // namespace rookery::imapd

#endif
