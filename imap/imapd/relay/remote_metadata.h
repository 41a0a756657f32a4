// METADATA at another server: of a mailbox there, and of what the server of the user's INBOX keeps
// for him as private entries of "the server".
//
// What goes wrong there is in the Completion. Codes: denied, and the router's. One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_REMOTE_METADATA_H
#define ROOKERY_IMAP_IMAPD_RELAY_REMOTE_METADATA_H

#include <span>

#include "imap/backend/backend.h"
#include "imap/imapd/namespace/metadata_parse.h"
#include "imap/imapd/session.h"

namespace rookery::imapd {

// Of the command's mailbox; the arguments have been read.
Result<Completion> metadata_at(ImapSession& session, Command& command, backend::Backend& backend,
                               MetadataRequest request);
// Of "", private entries alone.
Completion private_metadata_at(ImapSession& session, backend::Backend& backend,
                               const MetadataRequest& request);
Completion set_private_metadata_at(ImapSession& session, backend::Backend& backend,
                                   std::span<const MetadataChange> changes);

}  // namespace rookery::imapd

#endif
