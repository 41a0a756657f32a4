// What goes to and fro in a conversation: the server's words to an output, an input to the server.
//
// For each bare LF the server gets CRLF. Input is taken only where the server has room for it, and
// the server is heard only where the output has room, so that neither end waits for the other in a
// ring. Borrows all that it is given. One thread; signals end run() where they are installed.
// Codes: io, timeout, closed (the server's end broke).
#ifndef ROOKERY_IMAP_ADMIN_CONVERSATION_RELAY_H
#define ROOKERY_IMAP_ADMIN_CONVERSATION_RELAY_H

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::admin {

// To the standard output; ends the process where nobody reads it.
void say(std::string_view text);

// The input of an IMAP session, to know where a command ends in it: a line is whole before it goes
// on, a literal goes on as it is (RFC 9051 4.3).
class ImapInput {
 public:
    // What may go to the server of all that came up to now; after a LOGOUT, which stays here,
    // nothing.
    std::string take(std::string_view bytes);
    bool saw_logout() const { return saw_logout_; }
    // Nothing that went on waits for its rest.
    bool is_between_commands() const { return literal_ == 0 && !in_command_; }

 private:
    void end_line(std::string& out);

    std::string line_;
    uint64_t literal_ = 0;     // bytes of it that are still to come
    bool in_command_ = false;  // some of it has gone on
    bool saw_logout_ = false;
};

class ConversationRelay {
 public:
    enum class End { by_server, by_input, by_signal };

    // input: a descriptor. output: a socket; -1: the standard output. imap: of the input, or null.
    ConversationRelay(stream::Stream& server, int input, int output, ImapInput* imap = nullptr);

    Result<End> run();
    // After the end by input: these, or the end of our half if there are none; run() goes on then
    // until the server closes.
    void last_words(std::string_view text);

 private:
    Result<bool> from_server();
    Status to_server();
    void to_output();
    void take_input();
    void take(std::string_view bytes);
    bool can_hear_server() const { return answer_.empty(); }

    stream::Stream& server_;
    int input_;
    int output_;
    ImapInput* imap_;
    std::string piece_;   // for the server
    std::string answer_;  // for the output
    char last_ = 0;
    bool input_ended_ = false;
    bool said_last_words_ = false;
};

}  // namespace rookery::admin

#endif
