// LmtpClient: a message for some recipients to the LMTP server of this host, over its Unix socket
// (RFC 2033), which asks nobody who connects there for a login.
//
// Commands go out together where the server says so (RFC 2920). Each wait lasts as long as the
// stream allows. Codes of send(): unavailable (the server would not talk, or broke off), syntax
// (it did not keep to the protocol), and those of the stream; nothing is known of any recipient
// then, and the message may be sent again. One thread.
#ifndef ROOKERY_IMAP_ADMIN_LMTP_CLIENT_H
#define ROOKERY_IMAP_ADMIN_LMTP_CLIENT_H

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/stream/stream.h"
#include "lib/text/smtp_reply.h"

namespace rookery::admin {

struct LmtpMessage {
    std::string return_path;              // as between the brackets
    std::string auth;                     // AUTH=; "": not said
    std::vector<std::string> recipients;  // as between the brackets
    bool ignore_quota = false;
    std::string_view text;  // lines end in CRLF
};

class LmtpClient {
 public:
    explicit LmtpClient(stream::Stream& server) : server_(server) {}
    // What the server says of each recipient in the end, in their order.
    Result<std::vector<text::SmtpReply>> send(const LmtpMessage& message);

 private:
    Status greet();
    std::string mail_command(const LmtpMessage& message) const;
    void put_command(std::string_view command);
    Result<text::SmtpReply> reply();
    Status announce(const LmtpMessage& message, std::vector<text::SmtpReply>& answers);
    Status deliver(const LmtpMessage& message, std::vector<text::SmtpReply>& answers);
    bool has(std::string_view capability) const;

    stream::Stream& server_;
    std::set<std::string> capabilities_;  // the first words of LHLO's lines
};

}  // namespace rookery::admin

#endif
