#include "imap/imapd/updates.h"

#include "imap/imapd/message_set.h"
#include "imap/imapd/permanent_flags.h"

namespace rookery::imapd {

Status send_updates(ImapSession& session, bool may_expunge)
{
    LocalSelection* selection = session.local();
    if (selection == nullptr) return success();
    mailbox::Mailbox& mailbox = *selection->mailbox;
    TRY_ASSIGN(const mailbox::Changes changes, mailbox.refresh(may_expunge));
    stream::Stream& out = session.client;
    for (uint32_t n : changes.expunged) out.put("* ", n, " EXPUNGE\r\n");
    if (changes.exists_changed) out.put("* ", mailbox.exists(), " EXISTS\r\n");
    if (changes.recent_changed) out.put("* ", mailbox.recent(), " RECENT\r\n");
    tell_keywords(session, *selection);
    for (uint32_t n : changes.flags) {
        out.put("* ", n, " FETCH (FLAGS ", wire_flags(mailbox.message(n), mailbox.keywords()),
                ")\r\n");
    }
    return success();
}

}  // namespace rookery::imapd
