// MoveProof: whether a move that another server ran is one. What proves it is where the list has
// the mailboxes afterwards, not what that server answers: Cyrus says of a user that it could not
// move "* NO USER bob (why)" and then OK.
//
// Made before the command is sent; its filter goes onto the channel, which must not outlive it.
// "* NO USER ..." goes to the client as it comes and is the reason that is told; "* OK USER ..."
// waits until it is true. One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_MOVE_PROOF_H
#define ROOKERY_IMAP_IMAPD_RELAY_MOVE_PROOF_H

#include <string>
#include <vector>

#include "imap/imapd/relay/channel.h"
#include "imap/imapd/session.h"

namespace rookery::imapd {

class MoveProof {
 public:
    // name: a mailbox that moves alone, or an INBOX, which takes all that is below it.
    MoveProof(ImapSession& session, const model::MailboxName& name, std::string from,
              std::string to);
    MoveProof(const MoveProof&) = delete;
    MoveProof& operator=(const MoveProof&) = delete;

    RelayChannel::Filter filter();
    // The server says that it is done: is it? Where the list cannot be brought up to date nobody
    // knows, and that is NO too.
    Completion verdict(const std::string& text);
    // The client was told what became of it, without the tag.
    bool told() const { return told_; }

 private:
    Status take(backend::ReplyReader& replies, const backend::Reply& reply);
    // The mailboxes of the unit that are active at that server, as the list is now.
    Result<std::vector<std::string>> those_at(const std::string& server);
    Result<std::string> left_behind();

    ImapSession& s_;
    model::MailboxName name_;
    std::string from_;
    std::string to_;
    std::vector<std::string> moving_;
    std::vector<std::string> held_;  // lines that say OK
    std::string reason_;
    bool told_ = false;
};

}  // namespace rookery::imapd

#endif
