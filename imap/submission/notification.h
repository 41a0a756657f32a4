// A notification by mail (RFC 5436), from what a script's notify action has and a mailto URI
// (RFC 6068).
//
// Of the URI's fields those that would forge what this server says of the message are ignored
// (RFC 5436 2.7). Limits: the constants. Codes: syntax (no mailto URI, nobody in it), limit. Pure.
#ifndef ROOKERY_IMAP_SUBMISSION_NOTIFICATION_H
#define ROOKERY_IMAP_SUBMISSION_NOTIFICATION_H

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "imap/submission/compose.h"
#include "lib/base/result.h"

namespace rookery::submission {

inline constexpr size_t kMaxUri = 65536;
inline constexpr size_t kMaxUriFields = 50;
inline constexpr size_t kMaxNotified = 50;  // recipients of one notification

struct MailtoUri {
    std::vector<std::string> to, cc;  // plain addresses
    std::string subject, body;
    bool has_body = false;
    std::vector<std::pair<std::string, std::string>> fields;  // others that are harmless
};
Result<MailtoUri> parse_mailto(std::string_view uri);

struct Notification {
    std::string method;       // the URI
    std::string from;         // :from, or ""
    std::string message;      // :message, or ""
    unsigned importance = 2;  // 1 high, 2 normal, 3 low
    std::string sender;       // the envelope's, of the message that it is about
    std::string owner;        // the user's own address
};
struct NotificationMail {
    std::string from;  // envelope; "" = <>
    std::vector<std::string> to;
    Composed mail;
};
Result<NotificationMail> notification(const Notification& notify, std::string_view message,
                                      const Making& making);

}  // namespace rookery::submission

#endif
