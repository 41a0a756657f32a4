// What several commands write to an IMAP client; strings are written by lib/text/imap_syntax.
// Cannot fail. One thread.
#ifndef ROOKERY_IMAP_IMAPD_RESPONDER_H
#define ROOKERY_IMAP_IMAPD_RESPONDER_H

#include <string>
#include <string_view>

#include "imap/imapd/session.h"

namespace rookery::imapd {

// Free text of a response: control bytes become spaces, so that it stays one line.
std::string wire_text(std::string_view text);
// The name of a mailbox, in modified UTF-7 as all names are here, for this client: an astring, in
// UTF-8 where it wants that (RFC 6855).
std::string wire_name(const ImapSession& session, std::string_view external);
// The same where the grammar has a string; a prefix of names too.
std::string wire_string(const ImapSession& session, std::string_view external);
// "* LIST (attributes) separator name" and what follows; kind: LIST or LSUB.
void put_list_line(ImapSession& session, std::string_view kind, std::string_view attributes,
                   std::string_view name, std::string_view more = {});
// The name as this session's client reads it; as the client wrote it where it has none.
std::string external_name(const ImapSession& session, const model::MailboxName& name);

// What SELECT and EXAMINE tell of the mailbox's name (RFC 9051 6.3.2). Nothing before IMAP4rev2.
void put_selected_name(ImapSession& session, const model::MailboxName& name);

}  // namespace rookery::imapd

#endif
