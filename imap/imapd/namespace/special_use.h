// What mailboxes of the user's own tree are for (RFC 6154): "\Sent", "\Drafts" ...
//
// Kept in each mailbox's header file, so it goes where the mailbox goes; other servers are asked by
// an extended LIST for the mailboxes that they have. Codes of parse: syntax, unsupported (a use
// that mailboxes cannot have here). One thread.
#ifndef ROOKERY_IMAP_IMAPD_NAMESPACE_SPECIAL_USE_H
#define ROOKERY_IMAP_IMAPD_NAMESPACE_SPECIAL_USE_H

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// The known one with this name in any case of letters; "" if there is none.
std::string_view special_use(std::string_view word);
// True for a mailbox that can have uses, which are its owner's, if the session's user is that owner
// or an administrator.
bool decides_uses(const ImapSession& session, const model::MailboxName& name);
// CREATE's USE: "(" use *(SP use) ")". Gives them with spaces between.
Result<std::string> parse_special_uses(CommandReader& reader);

// How other servers answer where a use, or the protection of a mailbox that has one, is in the way.
inline constexpr std::string_view kUseConflict = "SPECIAL-USE flag conflict";
// Has another mailbox of the same owner one of these uses?
Result<bool> is_use_taken(ImapSession& session, const model::MailboxName& name,
                          std::string_view uses);
// The same of mailboxes in the user's own tree that are at other servers than this one. A server
// that cannot be asked is in nobody's way.
Result<bool> is_use_taken_elsewhere(ImapSession& session, const model::MailboxName& name,
                                    std::string_view uses, const std::string& server);
// A mailbox of this server that has a use of specialuse_protect stays where it is, but for
// administrators.
bool is_protected(ImapSession& session, const model::MailboxEntry& entry);

// Of these mailboxes, those in the user's own tree that have a use: internal name -> uses. A server
// that cannot be asked is left out.
std::map<std::string, std::string> special_uses_of(ImapSession& session,
                                                   std::span<const model::MailboxEntry> entries);

}  // namespace rookery::imapd

#endif
