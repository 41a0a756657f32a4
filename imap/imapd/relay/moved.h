// A selection that goes on where its mailbox has moved to.
//
// A server whose selected mailbox has moved tells another node what the client knows, before BYE:
//   * OK [XROOKERY-VIEW 1:7,9] (as often as there is need)
//   * OK [XROOKERY-SAVED 2,7] (the same, once at least: what a search has saved, RFC 5182)
//   * BYE [XROOKERY-MOVED uidvalidity uidnext highestmodseq exists [CONDSTORE]] text
// The node selects the mailbox at its new server and tells its client the difference: EXPUNGE or
// VANISHED, EXISTS, and flags. So a move is not seen, and nothing that happens meanwhile is lost.
// Searches whose results were followed (RFC 5267) are followed no longer, and he is told so.
// One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_MOVED_H
#define ROOKERY_IMAP_IMAPD_RELAY_MOVED_H

#include "imap/backend/backend.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/session.h"

namespace rookery::imapd {

// selection.moved is used up. Lines for the client are put into his stream, or behind what is held.
// Of messages that have come he is told what NOTIFY has asked for.
// Codes: closed (it is another mailbox there, or too much has changed), those of the streams.
Status select_moved(ImapSession& session, RemoteSelection& selection, backend::Backend& backend,
                    Expunges expunges);

}  // namespace rookery::imapd

#endif
