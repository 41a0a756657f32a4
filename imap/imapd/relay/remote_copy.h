// COPY and MOVE from a mailbox that is selected here to one on another server.
//
// Called when the command was read to its end and the sequence numbers are known to exist. It
// appends the messages there with flags and internaldate, all or none as far as the other server
// allows; with move it then removes exactly those messages here whose append was answered OK (they
// get \Deleted and are expunged by UID), and tells their EXPUNGE before the tagged line as RFC 6851
// says. Gives the completion with COPYUID where the other server gave APPENDUID. A destination that
// is not there: NO [TRYCREATE]; the server cannot be reached: NO [UNAVAILABLE].
// For a selection on another server see relay_copy (command_table.h). One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_REMOTE_COPY_H
#define ROOKERY_IMAP_IMAPD_RELAY_REMOTE_COPY_H

#include <cstdint>
#include <span>
#include <string>

#include "imap/imapd/session.h"
#include "imap/model/mailbox_entry.h"

namespace rookery::imapd {

// target: the list's entry, with its server. external: the name as the client wrote it.
Result<Completion> copy_to_remote(ImapSession& session, Command& command, LocalSelection& selection,
                                  std::span<const uint32_t> sequences,
                                  const model::MailboxEntry& target, const std::string& external,
                                  bool move);

}  // namespace rookery::imapd

#endif
