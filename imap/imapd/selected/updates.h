// The mailbox that is selected here: what the user may do in it now, and what changed in it, told
// to the client: EXPUNGE, EXISTS, RECENT, FLAGS, FETCH.
//
// For a mailbox that is selected here; nothing happens otherwise. The lines are put into the
// client's stream, unflushed. The engine calls it before each tagged answer, IDLE when it is woken.
// Who may not read it any more is told nothing; if he may again, all that he missed.
// Codes: those of follow.h and of the store: the engine says BYE. RFC 3501 section 7.3, 7.4.1.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_UPDATES_H
#define ROOKERY_IMAP_IMAPD_SELECTED_UPDATES_H

#include <cstdint>
#include <span>

#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// For a command that has read its line: the mailbox selected here, if the user has all of needed in
// it now; the list's entry is read again each time (RFC 4314: rights may change while a mailbox is
// selected). denied, syntax (nothing is selected here).
Result<LocalSelection*> selected_with(ImapSession& session, model::Rights needed);

// may_expunge false: no EXPUNGE lines now, they wait (RFC 3501 7.4.1). What the client does not
// want to be told (NOTIFY) is not, but for all there is, which a command of its own is about.
enum class Telling : unsigned char { as_wanted, all };
Status send_updates(ImapSession& session, bool may_expunge, Telling telling = Telling::as_wanted);
// Messages that this session has put there are not told with attributes, if it is selected.
void note_own(ImapSession& session, const model::MailboxName& mailbox,
              std::span<const uint32_t> uids);
// These messages, which are somewhere else now, go from the selected mailbox; uids are theirs. Its
// failure leaves them in both places.
Status remove_copied(LocalSelection& selection, std::span<const uint32_t> sequences,
                     const model::SequenceSet& uids);
// OK for messages that went: tells of them, and the modseq that counts when all of this is told
// (RFC 7162 3.2.7, 6851 4.4).
Result<Completion> gone_and_told(ImapSession& session);

// "* n FETCH (FLAGS (...))" of a message of the selected mailbox, with its UID if that is wanted,
// QRESYNC is enabled or RFC 9051 asks for it, and MODSEQ under CONDSTORE. UIDFETCH under UIDONLY.
struct FlagsLine {
    bool flags = true;
    bool uid = false;
};
void put_flags(ImapSession& session, uint32_t sequence, FlagsLine what = {});

}  // namespace rookery::imapd

#endif
