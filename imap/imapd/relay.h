// What the engine asks of the remote side between commands. The commands' own relays are the relay
// functions of the table (command_table.h).
//
// All lines are put into the client's stream, unflushed. Codes: closed, io, timeout, syntax: the
// server of the selected mailbox is lost; the engine says BYE unless it could be replaced silently
// (RULES 5.4, 5.5). One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_H
#define ROOKERY_IMAP_IMAPD_RELAY_H

#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// The selected mailbox's server has sent something while no command runs: untagged lines go on,
// EXPUNGE and VANISHED are kept for a command that may carry them.
Status relay_unsolicited(ImapSession& session);
// NOOP at the selected mailbox's server, so that the client's own NOOP tells what is new. Nothing
// where nothing remote is selected.
Status relay_poll(ImapSession& session);
// UNSELECT at the selected mailbox's server, its answer dropped; a connection on which that fails
// is dropped. For ImapSession::unselect(), which forgets the selection afterwards.
void relay_unselect(ImapSession& session);

}  // namespace rookery::imapd

#endif
