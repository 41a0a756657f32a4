// MailboxName: the internal name of a mailbox, known to be legal.
//
// Internal form: hierarchy separator '.', a literal dot in a component is '^', non-ASCII is
// modified UTF-7, "domain!" in front under virtdomains; a user's INBOX is "user.<localpart>". No
// function takes a mailbox name as plain text: one is made from a validated internal string here,
// or from what a client wrote by Namespace. At most kMaxMailboxName bytes. Code::bad_name.
// key(): the order of mailboxes everywhere (Cyrus' mailboxes.db order): bytes compared after '.' ->
// 0x1F, '^' -> '.', '!' (domain) -> 0x1D; the domain's own dots stay. Values; thread rule: as
// std::string.
#ifndef ROOKERY_IMAP_MODEL_MAILBOX_NAME_H
#define ROOKERY_IMAP_MODEL_MAILBOX_NAME_H

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::model {

inline constexpr size_t kMaxMailboxName = 490;
// A component is the name of a directory, and a user's begins the names of files.
inline constexpr size_t kMaxComponent = 255;
inline constexpr size_t kMaxUserComponent = 220;

class MailboxName {
 public:
    // Checks the grammar of names that may exist (not whether a new one may be created).
    static Result<MailboxName> from_internal(std::string_view internal);
    // The same from its two parts: a '!' in the local one is no domain's, it is refused.
    static Result<MailboxName> from_parts(std::string_view domain, std::string_view local);
    // From key(), as stored in the list.
    static Result<MailboxName> from_key(std::string_view key);
    // user.<localpart>, with the domain of userid in front if it has one that is not
    // default_domain.
    static Result<MailboxName> inbox_of(std::string_view userid,
                                        std::string_view default_domain = {});

    const std::string& internal() const { return internal_; }
    std::string key() const;

    // The domain in front of '!', or "".
    std::string_view domain() const;
    // The name without its domain.
    std::string_view local() const;
    // The owner's user id ("bob", "bob@dom") if this is in a user's tree, else "".
    std::string user() const;
    bool is_inbox() const;  // user.<x> itself
    bool is_deleted(std::string_view deletedprefix = "DELETED") const;
    // The name one level up; none at the top. The parent of user.bob is none.
    std::optional<MailboxName> parent() const;
    // True for a name below this one (not for itself).
    bool is_above(const MailboxName& other) const;
    // This name with the part `from` (itself or an ancestor) replaced by `to`.
    Result<MailboxName> with_prefix(const MailboxName& from, const MailboxName& to) const;
    // The last component.
    std::string_view leaf() const;
    // May this be created by a client (doc/protocols/cyrus.md 8: allowed characters, no "user"
    // alone, no "..")?
    Status check_creatable() const;
    // Is there room for it on a disk, and for the name that it gets when it is deleted?
    Status check_lengths(std::string_view deletedprefix) const;
    // "<deletedprefix>.<name>.<HEX of now>"
    Result<MailboxName> deleted_name(std::string_view deletedprefix, int64_t now) const;
    // The time in such a name; none in any other.
    std::optional<int64_t> deleted_at(std::string_view deletedprefix) const;

    friend bool operator==(const MailboxName& a, const MailboxName& b)
    {
        return a.internal_ == b.internal_;
    }
    friend bool operator<(const MailboxName& a, const MailboxName& b) { return a.key() < b.key(); }

 private:
    explicit MailboxName(std::string internal) : internal_(std::move(internal)) {}
    std::string internal_;
};

// The order of the list without making a MailboxName: what key() gives.
std::string key_of_internal(std::string_view internal);

}  // namespace rookery::model

#endif
