// Annotations of mailboxes (RFC 5464): values that clients hang on a mailbox, for all of its users
// or for one of them.
//
// They belong to the mailbox: they go where it goes and end with it. list() gives those of all
// users, so that a copy of the mailbox at another server can have them all; who may see what is the
// caller's business. Interface only; imap/store implements it. What set() answered is durable.
// Codes: those of MailboxStore; limit: too many, or a name or value too long. One thread.
#ifndef ROOKERY_IMAP_MAILBOX_ANNOTATIONS_H
#define ROOKERY_IMAP_MAILBOX_ANNOTATIONS_H

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "imap/model/mailbox_entry.h"
#include "lib/base/result.h"

namespace rookery::mailbox {

// RFC 5464 4.1 asks for 1024 bytes and 10 entries at least.
inline constexpr size_t kMaxAnnotationName = 1024;
inline constexpr size_t kMaxAnnotationValue = 65536;
inline constexpr size_t kMaxAnnotations = 100;  // shared ones, or one user's, of a mailbox
// Of a mailbox, names and values of all users: it is read as a whole.
inline constexpr size_t kMaxAnnotationBytes = 4u << 20;

struct Annotation {
    std::string entry;   // "/comment": lower case, without /shared or /private
    std::string userid;  // whose it is; "" = shared
    std::string value;
};

struct AnnotationChange {
    std::string entry;
    std::string userid;
    std::optional<std::string> value;  // none: it goes
};

class Annotations {
 public:
    virtual ~Annotations() = default;

    // In the order of entry and user.
    virtual Result<std::vector<Annotation>> list(const model::MailboxEntry& mailbox) = 0;
    // All of the changes or none.
    virtual Status set(const model::MailboxEntry& mailbox,
                       std::span<const AnnotationChange> changes) = 0;
};

}  // namespace rookery::mailbox

#endif
