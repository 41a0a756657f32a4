// The wait of a session between two commands, the same for every protocol: for the client, for its
// time to end, for the process to be told to end, and for a template that was replaced.
#ifndef ROOKERY_IMAP_SESSION_CLIENT_WAIT_H
#define ROOKERY_IMAP_SESSION_CLIENT_WAIT_H

#include <span>
#include <string_view>

#include "imap/session/session_kit.h"
#include "lib/base/clock.h"
#include "lib/stream/stream.h"

namespace rookery::session {

// What a client is told when its connection is to begin anew with another process.
inline constexpr std::string_view kComeAgain = "The server has been renewed, please connect again";

struct Wait {
    Deadline idle = Deadline::never();   // the client has been silent too long
    Deadline alarm = Deadline::never();  // the engine's own: time to look after something
    int other = -1;                      // the engine's own: wakes when it can be read
    std::span<const int> others = {};    // more of these
    // Something is under way that a template which was replaced must not cut off.
    bool in_session = false;
};

enum class Woken {
    client,       // has sent something
    other,        // can be read
    alarm,        // has passed; also a signal, or nothing: look, and wait again
    gone,         // the client
    told_to_end,  // the process (SIGTERM)
    come_again,   // the template was replaced, and nothing is under way
    idle,         // the client has said nothing for too long
};

// What was written for the client is the caller's to flush before. Where several are true, the
// first of: told_to_end, client (what it sent is here), come_again, client, other, idle, alarm.
Woken wait_for_client(const SessionKit& kit, stream::Stream& client, const Wait& wait);

}  // namespace rookery::session

#endif
