// The FLAGS and PERMANENTFLAGS lines: which flags the mailbox knows and which this client may keep.
//
// RFC 3501 7.1, 7.2.6; rights s, t and w as in RFC 4314 4. Put into the client's stream, unflushed.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_PERMANENT_FLAGS_H
#define ROOKERY_IMAP_IMAPD_SELECTED_PERMANENT_FLAGS_H

#include <string>

#include "imap/imapd/session.h"

namespace rookery::imapd {

// "(\Answered ... keyword \*)", "()" if the selection is read-only.
std::string permanent_flags(const LocalSelection& selection);
// Both lines, and remembers what was told.
void put_flag_lines(ImapSession& session, LocalSelection& selection);
// The same if the mailbox has keywords, or the user rights, that the client was not told of.
void tell_keywords(ImapSession& session, LocalSelection& selection);

}  // namespace rookery::imapd

#endif
