// SEARCH and UID SEARCH (RFC 3501 6.4.4, 6.4.8).
#include "imap/imapd/command_table.h"
#include "imap/imapd/search_eval.h"
#include "imap/imapd/search_parse.h"

namespace rookery::imapd::commands {

Completion search(ImapSession& session, Command& command)
{
    auto request = parse_search(session.reader);
    if (!request) return Completion::from(request.error());
    if (request->bad_charset)
        return Completion::no("[BADCHARSET (UTF-8 US-ASCII ISO-8859-1)] Unknown charset");
    LocalSelection* selection = session.local();
    if (selection == nullptr) return Completion::bad("Please select a mailbox first");
    mailbox::Mailbox& mailbox = *selection->mailbox;
    const auto found = search_mailbox(mailbox, std::move(request->root));
    if (!found) return Completion::from(found.error());
    session.client.put("* SEARCH");
    for (uint32_t n : *found) session.client.put(' ', command.by_uid ? mailbox.message(n).uid : n);
    session.client.put("\r\n");
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
