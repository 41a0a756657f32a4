// Untagged lines of another server on their way to the client, and what is left of a server that is
// lost. Lines are put into the client's stream, unflushed.
//
// Codes: closed (too much is held), those of the streams. One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_LINES_H
#define ROOKERY_IMAP_IMAPD_RELAY_LINES_H

#include <string>

#include "imap/backend/backend.h"
#include "imap/backend/reply_reader.h"
#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

bool changes_numbers(const backend::Reply& reply);
// `ESEARCH (TAG "x")`, if that is the server's tag: the client knows the search by its own.
backend::Reply with_tag(backend::Reply reply, const std::string& at_server, const std::string& tag);
// The same for all searches whose results are followed (RFC 5267).
backend::Reply in_clients_words(const RemoteSelection& remote, const backend::Reply& reply);
// The text behind that word of a server's response, with the names of mailboxes for this client.
std::string in_clients_names(const ImapSession& session, std::string_view word,
                             std::string_view text);
// The same, as far as the response is there.
backend::Reply in_clients_names(const ImapSession& session, backend::Reply reply);
// What changes message numbers, and all that comes behind it: for a command that may carry it, or
// where the client has asked to be told.
enum class Expunges : unsigned char { wait, at_once };
// It waits for a command that may carry it.
Status hold_untagged(RemoteSelection& remote, backend::ReplyReader& replies,
                     const backend::Reply& reply);
// One untagged response goes on to the client. What it says of a mailbox counts only if that is the
// selected one of this connection, and goes behind what is held.
Status pass_untagged(ImapSession& session, const backend::Backend& from,
                     backend::ReplyReader& replies, const backend::Reply& reply);
// Closes the connection; the selection goes with it.
void lose_backend(ImapSession& session, backend::Backend& backend);
// What BYE says then: the reason that the server gave, if it gave one.
std::string why_selection_ended(const ImapSession& session);
Completion say_bye_lost(ImapSession& session);

}  // namespace rookery::imapd

#endif
