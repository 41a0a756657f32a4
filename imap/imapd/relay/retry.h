// Running a command at the server where the list has its mailbox, and once more where it went.
//
// A server that says "no such mailbox" of one that the list places there is behind or ahead of the
// list: the list catches up, and the command goes to the new place once. If there is none the
// answer is temporary, never "does not exist" (doc/rules.md 5.1).
// A server that is moving the mailbox away refuses what would change it, before the list knows of
// the move and until it is over: nothing was done, and the command is said again, there or at the
// new server, until kMoveWait is over (doc/rules.md 6.1). So it is with a message that the server
// took before it began. One thread.
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
// A command that is said again where there is need, with its large literals: a channel that one of
// these has been made for keeps them. Made before the client's arguments are read.
class SaidAgain {
 public:
    SaidAgain(const SaidAgain&) = delete;
    SaidAgain& operator=(const SaidAgain&) = delete;
    virtual ~SaidAgain() = default;
    SaidAgain(ImapSession& session, const Command& command, RelayChannel& channel);
    // The channel may have another backend afterwards.
    Outcome finish();
    // What to tell the client when its arguments could not be taken.
    Completion failed(const Error& error);
    // Instead of any answer or failure.
    const std::optional<Completion>& instead() const { return instead_; }

 protected:
    // Whom to ask now; null: not again, then instead_ is what to tell the client, or that is the
    // answer itself. Waits a moment for a move.
    virtual backend::Backend* again(const Result<Answer>& answer) = 0;
    const Deadline& patience();
    backend::Backend* not_again(Completion instead);

    ImapSession& session_;
    const Command& command_;
    RelayChannel& channel_;

 private:
    std::optional<Deadline> patience_;  // from the first refusal on
    std::optional<Completion> instead_;
};
// At the server where the list has the command's mailbox, and where it went.
class AtMailbox final : public SaidAgain {
 public:
    using SaidAgain::SaidAgain;

 private:
    backend::Backend* again(const Result<Answer>& answer) override;
    bool says_farewell() const;
    backend::Backend* connection_to(const std::string& server);
    bool told_ = false;
    bool followed_ = false;
};
// At the selected mailbox's server. Said again where the connection turns out to be dead and has
// said nothing (FETCH, SEARCH and NOOP), or where the mailbox goes or has gone. Held EXPUNGE lines
// come before it (release_held), whose answer may be that it must not be said.
class AtSelection final : public SaidAgain {
 public:
    using SaidAgain::SaidAgain;

 private:
    backend::Backend* again(const Result<Answer>& answer) override;
    bool replaced_ = false;
};
// For a command without arguments of the client's: the whole of one of these.
Outcome finish_at_mailbox(ImapSession& session, const Command& command, RelayChannel& channel);
Outcome finish_at_selection(ImapSession& session, const Command& command, RelayChannel& channel);
// By name: an APPEND of what is left of the client's line. A large message is asked for when a
// server wants it.
Outcome append_at_mailbox(ImapSession& session, const Command& command, backend::Backend& backend);

}  // namespace rookery::imapd

#endif
