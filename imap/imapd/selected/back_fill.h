// Load shedding: what a client that catches up with old mail, and has said so by
// ID ("event" "back-fill"), may not have while this server is busy (RFC 2971, 5530).
//
// Busy: as many other sessions as backfill_commands says are within a command now. Asked where the
// messages are: a frontend passes on what its client has said. Cannot fail. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_BACK_FILL_H
#define ROOKERY_IMAP_IMAPD_SELECTED_BACK_FILL_H

#include <optional>

#include "imap/imapd/session.h"

namespace rookery::imapd {

// The answer to a command that reads many messages, if it is to be shed: NO [UNAVAILABLE].
std::optional<Completion> shed_back_fill(const ImapSession& session);

}  // namespace rookery::imapd

#endif
