// What the engine asks of the remote side between commands. The commands' own relays are the relay
// functions of the table (command_table.h).
//
// All lines are put into the client's stream, unflushed. Codes: closed, io, timeout, syntax: the
// server of the selected mailbox is lost; the engine says BYE unless it could be replaced silently
// (doc/rules.md 5.4, 5.5). One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_RELAY_H
#define ROOKERY_IMAP_IMAPD_RELAY_RELAY_H

#include <optional>
#include <string>

#include "imap/backend/backend.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// The selected mailbox's server has sent something while no command runs: untagged lines go on,
// EXPUNGE and VANISHED are kept for a command that may carry them. If it has gone and may be
// replaced, that is done when the next command needs it.
Status relay_unsolicited(ImapSession& session);
// NOOP at the selected mailbox's server, so that the client's own NOOP tells what is new. Nothing
// where nothing remote is selected.
Status relay_poll(ImapSession& session);
// Forgets the selection, and UNSELECT at its server; a connection on which that fails is dropped.
// For unselect().
void relay_unselect(ImapSession& session);

// The line in the log that says where a change of names went, and what came of it.
void log_relayed(const ImapSession& session, const std::string& server, std::string_view command,
                 const model::MailboxName& name, const Completion& done);

// --- for the relays of the commands
// The selected mailbox, whose server is lost, is selected where it is now, at that server or where
// it has moved to, and the client is told what is different there (doc/rules.md 5.5). closed and
// the codes of the streams: it cannot be, and nothing is selected any more.
Status replace_selection(ImapSession& session, Expunges expunges);
// Success if the selected mailbox's server is there, maybe after replace_selection().
Status ensure_selection(ImapSession& session);
// After an answer that the selected mailbox moves or has moved: its server says what it has to say,
// if it does so in the next moment.
void wait_for_farewell(ImapSession& session, const Deadline& patience);
// Held EXPUNGE lines go to the client before a command that may carry them. For one that may not
// the completion says that the client must ask first: its message numbers are not the server's.
std::optional<Completion> release_held(ImapSession& session, const Command& command);

}  // namespace rookery::imapd

#endif
