// A conversation that other programs lead, one after the other: each connects to a Unix socket, and
// has the session there as if it had logged in itself, without TLS or a layer of SASL.
//
// The socket is its owner's alone (mode 0600), and goes with the object if it still has its name. A
// session of IMAP is handed on: a program that ends, or says LOGOUT, leaves it without a mailbox
// (UNSELECT, RFC 3691) to the next. Any other is over with its first program. It is over too when
// the server closes, when no program comes for kPatience, and by a signal.
// Codes: unavailable (the socket cannot be made: the path is too long, or is no socket's), io,
// timeout. One thread.
#ifndef ROOKERY_IMAP_ADMIN_CONVERSATION_SOCKET_H
#define ROOKERY_IMAP_ADMIN_CONVERSATION_SOCKET_H

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::admin {

class ConversationSocket {
 public:
    static constexpr Milliseconds kPatience{600 * 1000};

    // What is at the path goes, if it is a socket. From here on signals are flags
    // (lib/base/signals.h), so that none leaves the socket behind.
    static Result<ConversationSocket> open(const std::string& path);
    ConversationSocket(ConversationSocket&& other) noexcept = default;
    ConversationSocket& operator=(ConversationSocket&& other) = delete;
    ~ConversationSocket();

    // True if the session is still there, to be logged out of.
    Result<bool> serve(stream::Stream& server, bool is_imap);

 private:
    ConversationSocket(std::string path, Fd listener, const struct stat& made);
    enum class After { next, logout, closed };
    static Result<After> serve_program(stream::Stream& server, bool is_imap, const Fd& program);

    std::string path_;
    Fd listener_;
    struct stat made_;
};

}  // namespace rookery::admin

#endif
