// Progress: tells a client now and then how far its command has come (INPROGRESS, RFC 9585), which
// also says to everything in between that the connection lives.
//
// Borrows the stream. Cannot fail: a stream that does is seen by whoever writes next. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_PROGRESS_H
#define ROOKERY_IMAP_IMAPD_SELECTED_PROGRESS_H

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/stream/stream.h"

namespace rookery::imapd {

// What stands for the command: its tag, or NIL if a response code cannot hold that.
std::string progress_tag(std::string_view tag);

class Progress {
 public:
    static constexpr Milliseconds kEvery{10'000};

    Progress(stream::Stream& client, std::string_view tag, Milliseconds every = kEvery)
        : client_(client), tag_(progress_tag(tag)), every_(every), due_(Deadline::after(every))
    {
    }
    // So many of them are done. done is less than goal.
    void step(uint64_t done, uint64_t goal);
    // The same where locks are held: nothing is told to a client that would have to be waited for.
    void step_under_lock(uint64_t done, uint64_t goal);

 private:
    stream::Stream& client_;
    std::string tag_;
    Milliseconds every_;
    Deadline due_;
};

}  // namespace rookery::imapd

#endif
