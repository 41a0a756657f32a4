// Relay: the maildrop at another server: a client's commands, framed by the verb table, and the
// answers as they come.
//
// A command is one that parse() took and is written anew, so that both servers see the same end of
// it. An answer is one line, or after +OK lines to the one with a single dot; it is copied through
// the streams' buffers, whatever its size, and no faster than the client takes it: who takes
// nothing for the stream's timeout has ended. A line ends at its LF, as servers see it when they
// put a dot before a dot.
// The connection is of no more use, and dropped without QUIT, after any error and when the client
// is lost; the server deletes nothing then. Borrows its parts. One thread.
#ifndef ROOKERY_IMAP_POP3_RELAY_H
#define ROOKERY_IMAP_POP3_RELAY_H

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "imap/backend/backend_pool.h"
#include "imap/pop3/verbs.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::pop3 {

inline constexpr size_t kMaxStatusLine = 2048;  // of a server; RFC 2449 4 has 512

class Relay {
 public:
    // The server of the maildrop once the list has caught up; none: it is here, or not known.
    using ServerNow = std::function<std::optional<std::string>()>;

    // Both must outlive it.
    Relay(backend::BackendPool& backends, stream::Stream& client)
        : backends_(backends), client_(client)
    {
    }
    ~Relay() { abandon(); }
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    // Logs in there for the pool's user, and gives the +OK line for the client, which has the
    // server's own text. A server that does not open the maildrop may not have it any more: then
    // server_now is asked, and what it gives is tried once.
    // Codes: busy ([IN-USE], [LOGIN-DELAY]), moved (it does not open it now), maintenance,
    // unavailable, timeout, closed. refusal() has what the client is told.
    Result<std::string> open(const std::string& server, const ServerNow& server_now);
    // The -ERR line for an error of open(): the server's own, where it is about the maildrop.
    static std::string refusal(const Error& error);
    bool is_open() const { return backend_ != nullptr; }

    // Passes on a command of At::maildrop, and its answer to the client (which is not flushed). A
    // client that is lost is no error: the client's stream tells of it, and the connection is gone.
    // An error: if the client's stream is ok, nothing of an answer was said, and it is to be told
    // that the session ends ([SYS/TEMP]); else a part of it was, and nothing more can be said.
    Status pass(const Command& command);
    // A client that says NOOP to us lives: so that the server hears of it too, now and then.
    Status keep_alive();
    // The end of the session at that server too, with its deletions: its line for the client. The
    // connection goes to the pool's IdleBackends where that is safe. An error: nobody knows whether
    // it deleted.
    Result<std::string> quit();
    // Without QUIT: nothing is deleted.
    void abandon();

 private:
    Status require_silent();
    Result<std::string> ask(std::string_view line);
    Result<std::string> read_status();
    Status lost(Error error);

    backend::BackendPool& backends_;
    stream::Stream& client_;
    backend::Backend* backend_ = nullptr;
    MonotonicTime used_;
};

// The command as it is sent on, without CRLF.
std::string to_line(const Command& command);

}  // namespace rookery::pop3

#endif
