// The IMAP engine: one client connection from its greeting to its end.
//
// Reads command after command, in order, looks each up in the command table, asks the router where
// it runs, runs or relays it, tells what changed in the selected mailbox, and writes the tagged
// line. Answers to pipelined commands are sent together, everything else in one write per command.
// The session and what it refers to outlive the engine. Between commands SIGTERM, the shutdown file
// and the autologout timer end the connection with BYE; a command that began is finished.
// One thread. RFC 3501.
#ifndef ROOKERY_IMAP_IMAPD_ENGINE_H
#define ROOKERY_IMAP_IMAPD_ENGINE_H

#include <string>
#include <string_view>

#include "imap/imapd/command_table.h"
#include "imap/imapd/session.h"

namespace rookery::imapd {

ReaderLimits reader_limits(const config::Config& config);

class Engine {
 public:
    static constexpr int kMaxBadBeforeLogin = 10;  // bad commands in a row: BYE
    static constexpr int kMaxBad = 50;

    explicit Engine(ImapSession& session) : s_(session) {}
    // The whole conversation. The client's stream is closed at its end.
    void run();

 private:
    bool greet();
    // Waits until the client's next command begins. False: the conversation ends.
    bool wait_for_command();
    bool wait_for_bytes(Deadline deadline);
    bool backend_spoke();
    bool tell_watched();
    bool keep_selection();
    void one_command();
    // The words up to the command's name, and its row.
    Status read_head(Command& command);
    Result<Completion> dispatch(const CommandSpec& spec, Command& command);
    Result<Completion> route(const CommandSpec& spec, Command& command);
    Result<Completion> by_mailbox(const CommandSpec& spec, Command& command);
    Result<Completion> by_mailbox_or_server(const CommandSpec& spec, Command& command);
    Result<Completion> at_mailbox(const CommandSpec& spec, Command& command);
    Result<Completion> to_select(const CommandSpec& spec, Command& command);
    Result<Completion> by_tree(const CommandSpec& spec, Command& command);
    Result<Completion> by_new_name(const CommandSpec& spec, Command& command);
    Result<Completion> by_selection(const CommandSpec& spec, Command& command);
    Result<Completion> by_inbox(const CommandSpec& spec, Command& command);
    Result<Completion> relay(const CommandSpec& spec, Command& command, const std::string& server);
    Status read_mailbox(Command& command);
    // more: arguments beyond those of the table, of this line.
    Status check_end(const CommandSpec& spec, size_t more = 0);
    Status read_select(Command& command);
    void tell_modseq();
    Status tell_updates(const CommandSpec& spec, const Completion& done);
    void say_ended(const Error& why);
    void answer(const Command& command, const Completion& done);
    void say_bye(std::string_view text);

    ImapSession& s_;
    int bad_in_a_row_ = 0;
    bool ended_ = false;
    bool in_doubt_ = false;  // ended within a command, or by too many that were wrong
};

}  // namespace rookery::imapd

#endif
