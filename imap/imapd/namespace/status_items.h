// What STATUS tells of a mailbox (RFC 3501 6.3.10, 7162, 7889, 8438, 8474, 9208), alone or after
// LIST (RFC 5819).
//
// Codes of status_line: denied, not_found, and those of the store. One thread.
#ifndef ROOKERY_IMAP_IMAPD_NAMESPACE_STATUS_ITEMS_H
#define ROOKERY_IMAP_IMAPD_NAMESPACE_STATUS_ITEMS_H

#include <string>
#include <string_view>
#include <vector>

#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// The names, in the order of the table, each once.
using StatusNames = std::vector<std::string_view>;

// "(" status-att *(SP status-att) ")"
Result<StatusNames> parse_status_items(CommandReader& reader);
// "* STATUS name (...)" of a mailbox that is here, without CRLF.
Result<std::string> status_line(ImapSession& session, const model::MailboxEntry& entry,
                                std::string_view external, const StatusNames& names);
// " (MESSAGES UIDNEXT)": the argument, for another server.
std::string status_argument(const StatusNames& names);

}  // namespace rookery::imapd

#endif
