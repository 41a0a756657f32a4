// The replies of LMTP that are ours, with their enhanced status codes (RFC 2034).
//
// The one table Code -> reply. An error says who is asked about: only what was found out about the
// recipient or the message is permanent (5xx); the same code from a file, the list or another
// server is our trouble and temporary (4xx), so that no state of this server bounces mail. Values.
#ifndef ROOKERY_IMAP_LMTP_REPLY_H
#define ROOKERY_IMAP_LMTP_REPLY_H

#include <string>
#include <string_view>

#include "imap/delivery/outcome.h"
#include "lib/base/result.h"
#include "lib/text/smtp_reply.h"

namespace rookery::lmtp {

using Reply = text::SmtpReply;

Reply reply(int code, std::string text);
// Our trouble, whatever it is: 4xx.
Reply trouble_reply(const Error& error);
// What Recipients::resolve found: not_found, bad_name, syntax and limit are about the address,
// denied about the sender's right; the rest is trouble.
Reply recipient_reply(const Error& error);
// What MessageFilter found: syntax and limit are about the message; the rest is trouble.
Reply message_reply(const Error& error);
Reply over_quota_reply(bool permanent, std::string_view session_id);
// For a recipient, at the end of DATA. permanent: lack of room is.
Reply outcome_reply(const delivery::Outcome& outcome, bool permanent, std::string_view session_id);

}  // namespace rookery::lmtp

#endif
