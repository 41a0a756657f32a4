// Running a command at the server where the list has its mailbox, and once more where it went.
//
// A server that says "no such mailbox" of one that the list places there is behind or ahead of the
// list: the list catches up, and the command goes to the new place once. If there is none the
// answer is temporary, never "does not exist" (doc/rules.md 5.1).
#ifndef ROOKERY_IMAP_IMAPD_RELAY_RETRY_H
#define ROOKERY_IMAP_IMAPD_RELAY_RETRY_H

#include "imap/imapd/relay/channel.h"

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
// finish() with the second chance. The channel may have another backend afterwards.
Outcome finish_at_mailbox(ImapSession& session, const Command& command, RelayChannel& channel);

}  // namespace rookery::imapd

#endif
