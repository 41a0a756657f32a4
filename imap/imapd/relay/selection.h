// Selecting a mailbox on another server, the first time and again on a new connection.
//
// relay_select (command_table.h) remembers what the server tells, on its way to the client.
// select_again does SELECT silently and succeeds only if the answers are those that the client
// knows (doc/rules.md 5.5). Codes: closed (they differ, or the server refuses), those of the
// streams.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_SELECTION_H
#define ROOKERY_IMAP_IMAPD_RELAY_SELECTION_H

#include <string_view>

#include "imap/backend/backend.h"
#include "imap/imapd/relay/channel.h"
#include "imap/imapd/session.h"

namespace rookery::imapd {

// SELECT, or EXAMINE, of what is selected, at this server, with parameters behind the name. What
// the server tells of the mailbox is noted, and goes to the filter.
struct Reselected {
    RemoteSelection now;
    Answer answer;
};
Result<Reselected> say_select(ImapSession& session, const RemoteSelection& selection,
                              backend::Backend& backend, std::string_view parameters,
                              const RelayChannel::Filter& filter);
Status select_again(ImapSession& session, RemoteSelection& selection, backend::Backend& backend);
// ENABLE of what the client enabled, where something is selected. Failures show at the next
// command.
void enable_at(ImapSession& session, backend::Backend& backend);
// That server knows whether this client is in no hurry (selected/back_fill.h). Failures show at the
// next command too.
void tell_back_fill(ImapSession& session, backend::Backend& backend);
// The same before a SELECT there. unsupported: the server lacks what nobody can do for it, which is
// UIDONLY.
Status prepare_select(ImapSession& session, backend::Backend& backend);
Completion cannot_be_selected();

}  // namespace rookery::imapd

#endif
