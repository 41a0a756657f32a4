// Talk: commands of our own on an IMAP connection that nobody else talks on, one after the other.
//
// What a server says untagged goes to who asks, or is dropped; BYE ends it. Borrows the connection,
// whose begin_command() and end_command() it calls. Codes: closed (BYE), syntax (the server breaks
// the protocol), and those of the stream; a command that the server refuses is none. One thread.
#ifndef ROOKERY_IMAP_BACKEND_TALK_H
#define ROOKERY_IMAP_BACKEND_TALK_H

#include <functional>
#include <string>
#include <string_view>

#include "imap/backend/backend.h"
#include "imap/backend/reply_reader.h"
#include "lib/base/result.h"

namespace rookery::backend {

class Talk {
 public:
    using Each = std::function<Status(const Reply&)>;  // of an untagged response

    explicit Talk(Backend& backend) : backend_(backend), replies_(backend.stream()) {}

    // With CRLF, or up to the end of a literal's head; flushed.
    Status send(std::string_view command);
    // What belongs to the command and follows.
    Status send_more(std::string_view bytes);
    // "+", or the command's end.
    Result<Reply> next(const Each& each = nullptr);
    // The command's end. syntax: a "+" that nobody asked for.
    Result<Reply> end(const Each& each = nullptr);
    // For each: what is left of the response.
    ReplyReader& replies() { return replies_; }

 private:
    Backend& backend_;
    ReplyReader replies_;
    std::string tag_;
};

}  // namespace rookery::backend

#endif
