// What the answers of another server say of the mailbox that is selected there. Cannot fail.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_SELECTION_REPLIES_H
#define ROOKERY_IMAP_IMAPD_RELAY_SELECTION_REPLIES_H

#include <string_view>

#include "imap/backend/reply_reader.h"
#include "imap/imapd/session.h"

namespace rookery::imapd {

// Does this response count for the mailbox that is selected on the connection: its messages, their
// number and flags?
bool is_of_mailbox(const backend::Reply& reply);
// FETCH, or UIDFETCH (RFC 9586)
bool is_fetch(const backend::Reply& reply);
// Is it of the answer to SELECT?
bool describes_mailbox(const backend::Reply& reply);
// What only a server says that lacks what the client has enabled: RECENT, [UNSEEN] (RFC 9051,
// 9586).
bool is_out_of_mode(const Modes& modes, const backend::Reply& reply);
bool is_closed_code(const backend::Reply& reply);
// Where SELECT has not asked: does it show that the server knows now that its client knows of
// modseqs (RFC 7162 3.1)?
bool tells_modseq(const backend::Reply& reply);
bool is_status_with_modseq(const backend::Reply& reply);
// Takes from one untagged response what it says of the mailbox.
void note_selected(RemoteSelection& selection, const backend::Reply& reply);

// Before BYE, what the client knew of a mailbox that has moved (moved.h).
inline constexpr std::string_view kViewCode = "XROOKERY-VIEW";
inline constexpr std::string_view kSavedCode = "XROOKERY-SAVED";
inline constexpr std::string_view kMovedCode = "XROOKERY-MOVED";
inline constexpr size_t kMaxViewRanges = 20000;
// An OK or BYE of the selected mailbox's server. True: it was for this node, not for the client.
bool note_moved(ImapSession& session, RemoteSelection& selection, const backend::Reply& reply);
uint64_t count_of(const model::SequenceSet& set);

}  // namespace rookery::imapd

#endif
