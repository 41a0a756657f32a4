// How values are written to an IMAP client: strings, mailbox names, dates.
//
// Pure functions that give wire text, which the caller puts into its stream, but for
// put_list_line. What cannot stand in a
// quoted string becomes a literal, so nothing in a value can end a line. RFC 3501 section 4.3, 9.
#ifndef ROOKERY_IMAP_IMAPD_RESPONDER_H
#define ROOKERY_IMAP_IMAPD_RESPONDER_H

#include <string>
#include <string_view>

#include "imap/imapd/session.h"

namespace rookery::imapd {

// string = quoted / literal
std::string wire_string(std::string_view text);
// astring: an atom where that is possible
std::string wire_astring(std::string_view text);
// Free text of a response: control bytes become spaces, so that it stays one line.
std::string wire_text(std::string_view text);
// "* LIST (attributes) separator name" and what follows; kind: LIST or LSUB.
void put_list_line(ImapSession& session, std::string_view kind, std::string_view attributes,
                   std::string_view name, std::string_view more = {});
// The name as this session's client reads it; as the client wrote it where it has none.
std::string external_name(const ImapSession& session, const model::MailboxName& name);

}  // namespace rookery::imapd

#endif
