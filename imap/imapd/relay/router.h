// The router: the one place that decides on which server a command runs.
//
// place() answers for a mailbox that must exist and of which the user may know (else it is to him
// as if it did not: not_found, after the same way), place_new() for one that is to be made,
// place_inbox() for what belongs to the user rather than to a mailbox (subscriptions). A name that
// the list lacks, hides, or holds as reserved, is asked for once more after Directory::catch_up();
// if the list cannot be made current the answer is temporary (doc/rules.md 5.1), never "does not
// exist".
// Where nothing is here a reserved name is waited for, up to kMoveWait: a move ends.
// Without a store (proxyd) nothing is here: an entry without a server is then Code::unavailable.
// Nothing else is said about rights: the server that runs the command checks them.
// Codes: not_found (and the list is current), behind, reserved, moved (on its way to another
// server), exists (place_new), unavailable (no server to make it on), and the list's own.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_ROUTER_H
#define ROOKERY_IMAP_IMAPD_RELAY_ROUTER_H

#include <optional>
#include <string>
#include <vector>

#include "imap/imapd/session.h"
#include "imap/model/mailbox_entry.h"
#include "imap/model/mailbox_name.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// How long a command waits for the end of a move, at a frontend.
constexpr Seconds kMoveWait{5};
// Before the next look; false when the time is over, or this process is told to end.
bool wait_a_moment(const Deadline& patience);

struct Placed {
    std::string server;                        // "" = here
    std::optional<model::MailboxEntry> entry;  // none: a new name, or there is no INBOX
    bool is_here() const { return server.empty(); }
};

Result<Placed> place(ImapSession& session, const model::MailboxName& name);
// For commands that run here, when their arguments have been read: the client may have taken its
// time with them, and the entry that showed the way is one of long ago. What a command does and who
// may do it is decided by this one. moved: it is not here any more.
Result<model::MailboxEntry> entry_here(ImapSession& session, const model::MailboxName& name);
// The same, into the command; success where it names no mailbox.
Status refresh_entry(ImapSession& session, Command& command);
// Where the nearest existing ancestor is; a name at the top: here if there is a store, else a
// server of serverlist. The command's own location argument may still choose another
// (relay_create).
Result<Placed> place_new(ImapSession& session, const model::MailboxName& name);
// Where the mailbox and all below it are; the mailbox itself need not exist. Nothing there: here if
// there is a store, else not_found. unsupported: they are on several servers.
Result<Placed> place_tree(ImapSession& session, const model::MailboxName& name);
// The servers that it is on, other than this one.
Result<std::vector<std::string>> servers_of_tree(ImapSession& session,
                                                 const model::MailboxName& name);
// Is the mailbox, or one below it, anywhere but on this server?
Result<bool> is_spread(ImapSession& session, const model::MailboxName& name,
                       const std::string& server);
// Here if the INBOX is here or does not exist, else its server.
Result<Placed> place_inbox(ImapSession& session);
// For commands that run here, when their arguments have been read. moved: the INBOX went meanwhile.
Status inbox_here(ImapSession& session);

}  // namespace rookery::imapd

#endif
