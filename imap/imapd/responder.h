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
// "* LIST (attributes) separator name" and what follows; kind: LIST or LSUB.
void put_list_line(ImapSession& session, std::string_view kind, std::string_view attributes,
                   std::string_view name, std::string_view more = {});
// The name as this session's client reads it; as the client wrote it where it has none.
std::string external_name(const ImapSession& session, const model::MailboxName& name);

}  // namespace rookery::imapd

#endif
