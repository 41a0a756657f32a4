// The time after a login in a protocol whose session is with one server: what the client says goes
// to that server as it is, what the server says to the client.
//
// Both streams are between two lines, flushed, and the caller's to close; what they or their layers
// have taken in already goes first. Neither side can make the other wait for long: at most kHeld
// bytes of each direction are here, no more is read while they are not taken, and nothing is
// written but what the descriptor has room for (kPiece bytes at a time, at or below the low-water
// mark of every system).
// When the client has ended, all that it said is passed on, the server is told, and its answers
// still go to the client. When the server has ended, all that it said is passed on, and it is over:
// the client is told of the end, and what it still says is dropped until it ends too. Cannot fail:
// whatever goes wrong at one side is its end. One thread.
#ifndef ROOKERY_IMAP_SESSION_PASS_THROUGH_H
#define ROOKERY_IMAP_SESSION_PASS_THROUGH_H

#include <cstdint>
#include <optional>

#include "imap/session/session_kit.h"
#include "lib/base/clock.h"
#include "lib/stream/stream.h"

namespace rookery::session {

struct PassThrough {
    static constexpr size_t kHeld = 8192;
    static constexpr size_t kPiece = 1024;

    // Nothing has gone either way for so long, and nothing is on its way; none: no limit.
    std::optional<Milliseconds> idle;
    // One side does not take what is held for it.
    Milliseconds stalled{300'000};
    // What one side may take for each of its answers, or to end, after the other has ended.
    Milliseconds linger{10'000};
    // How often the shutdown file is looked for.
    Milliseconds look{30'000};
    // Whom a shutdown does not concern.
    bool is_admin = false;
    // A template that was replaced cuts the session off where nothing is on its way.
    bool ends_with_template = false;
};

enum class PassedEnd {
    client,       // has ended, and the server after it; or cannot be written to
    server,       // has ended
    idle,         // both are silent
    stalled,      // one of them takes nothing
    told_to_end,  // the process (SIGTERM)
    shut_down,    // the shutdown file is there
    come_again,   // the template was replaced
};

struct Passed {
    PassedEnd end = PassedEnd::client;
    uint64_t from_client = 0;  // bytes that were passed on, inside all layers
    uint64_t from_server = 0;
    // The client can still be told something: it has whole lines, and takes more.
    bool between_lines = true;
};

// client's bytes are counted (SessionKit::count_traffic).
Passed pass_through(const SessionKit& kit, stream::Stream& client, stream::Stream& server,
                    const PassThrough& limits);

}  // namespace rookery::session

#endif
