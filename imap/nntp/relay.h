// Relay: newsgroups at other servers: a client's commands, framed by the verb table, and the
// answers as they come.
//
// A command is one that parse() took and is written anew, so that both servers see the same end of
// it. An answer is one line, or with the verb's code lines behind it to the one with a single dot;
// they are copied through the streams' buffers, whatever their size. The server of the current
// group keeps its connection; others are the pool's. A connection is of no more use, and dropped,
// after any error and when the client is lost. Borrows its parts. One thread.
// Codes: those of backend::BackendPool and of its streams; syntax: that is no answer.
#ifndef ROOKERY_IMAP_NNTP_RELAY_H
#define ROOKERY_IMAP_NNTP_RELAY_H

#include <functional>
#include <string>
#include <string_view>

#include "imap/backend/backend_pool.h"
#include "imap/nntp/answer.h"
#include "imap/nntp/verbs.h"
#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::nntp {

inline constexpr size_t kMaxListLine = 65536;

class Relay {
 public:
    Relay(backend::BackendPool& backends, stream::Stream& client)
        : backends_(backends), client_(client)
    {
    }

    // Sends the command and gives the first line of the answer. What follows that is passed on by
    // pass_on(), or taken by each_line(); after an answer of one line nothing does.
    Result<Answer> ask(const std::string& server, const Command& command);
    Result<Answer> ask(const std::string& server, std::string_view line);
    // The first line, and what follows it after the verb's code, to the client (not flushed). An
    // error: nothing more can be said if the client's stream is not ok.
    Status pass_on(const std::string& server, const Command& command, const Answer& first);
    // Each line, its dot undone.
    Status each_line(const std::string& server, const std::function<void(std::string_view)>& each);
    // The current group is there now: its connection is kept, that of the one before is not. "":
    // there is none.
    void keep(const std::string& server);

 private:
    Status lost(const std::string& server, Error error);

    backend::BackendPool& backends_;
    stream::Stream& client_;
    std::string kept_;
};

}  // namespace rookery::nntp

#endif
