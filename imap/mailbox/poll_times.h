// When a maildrop may be looked at again (MaildropLock::note_poll()): all that has to be kept is
// one time, that of the last poll, which lies back by `apart` for each poll that is still saved up.
// That is what Cyrus keeps too. Pure; any thread.
#ifndef ROOKERY_IMAP_MAILBOX_POLL_TIMES_H
#define ROOKERY_IMAP_MAILBOX_POLL_TIMES_H

#include <algorithm>
#include <cstdint>

#include "lib/base/clock.h"

namespace rookery::mailbox {

// True: the poll at `now` is in time, and last is what is to be kept from now on. False: it is too
// early. last changes then too where it lies ahead, by a clock that was wrong: nobody is to wait
// for longer than `apart`.
inline bool is_in_time(int64_t& last, int64_t now, Seconds apart, int padding)
{
    const int64_t seconds = apart.count();
    if (seconds <= 0) return true;
    last = std::min(last, now);
    if (last > now - seconds) return false;
    if (padding > 1)
        last = std::max(last, now - seconds * padding) + seconds;
    else
        last = now;
    return true;
}

}  // namespace rookery::mailbox

#endif
