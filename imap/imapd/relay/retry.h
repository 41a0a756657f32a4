// Running a command at the server where the list has its mailbox, and once more where it went.
//
// A server that says "no such mailbox" of one that the list places there is behind or ahead of the
// list: the list catches up, and the command goes to the new place once. If there is none the
// answer is temporary, never "does not exist" (doc/rules.md 5.1).
// A server that is moving the mailbox away refuses what would change it, before the list knows of
// the move and until it is over: nothing was done, and the command is said again, there or at the
// new server, until kMoveWait is over (doc/rules.md 6.1). One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_RETRY_H
#define ROOKERY_IMAP_IMAPD_RELAY_RETRY_H

#include <optional>

#include "imap/imapd/relay/channel.h"
#include "lib/base/clock.h"

namespace rookery::imapd {

// Of a mailbox that is selected there, or named.
bool says_moved(const Answer& answer);
// True if the server says that it does not have the mailbox, though this user could see it there.
bool is_miss(const ImapSession& session, const Command& command, const Answer& answer);
// What became of a command: the server's answer, or what to tell the client instead.
struct Outcome {
    static Outcome of(Answer answer) { return {true, std::move(answer), {}}; }
    static Outcome of(Completion completion) { return {false, {}, std::move(completion)}; }
    bool answered = false;  // answer counts; else completion
    Answer answer;
    Completion completion;
    Completion result() &&
    {
        return answered ? std::move(answer).completion() : std::move(completion);
    }
    bool ok() const { return answered && answer.ok(); }
};
// Where a command is said again that was refused at the server where the list has its mailbox.
class SecondChance {
 public:
    SecondChance(ImapSession& session, const Command& command);
    // Null: not again; then instead() is what to tell the client, or the answer itself. Waits a
    // moment for a move.
    backend::Backend* after(const Answer& answer, const RelayChannel& channel);
    const std::optional<Completion>& instead() const { return instead_; }

 private:
    backend::Backend* not_again(Completion instead);
    ImapSession& session_;
    const Command& command_;
    Deadline patience_;
    bool told_ = false;
    bool followed_ = false;
    std::optional<Completion> instead_;
};
// finish() with the second chance. The channel may have another backend afterwards.
Outcome finish_at_mailbox(ImapSession& session, const Command& command, RelayChannel& channel);
// The same for a command at the selected mailbox's server. Said again where the connection turns
// out to be dead and has said nothing (FETCH, SEARCH and NOOP), or where the mailbox goes or has
// gone. Held EXPUNGE lines come before it (release_held), whose answer may be that it must not be
// said.
Outcome finish_at_selection(ImapSession& session, const Command& command, RelayChannel& channel);
// By name: an APPEND of what is left of the client's line. A large message is asked for when a
// server wants it.
Outcome append_at_mailbox(ImapSession& session, const Command& command, backend::Backend& backend);

}  // namespace rookery::imapd

#endif
