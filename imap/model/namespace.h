// Namespace: how one session writes mailbox names.
//
// Translates between what a client says and MailboxName, for standard and alternative namespace,
// both separators and virtual domains (doc/protocols/cyrus.md 8). Admins always get the standard
// namespace. One separator at the end of an external name is not part of it. Under alternative
// names "INBOX/x" is user.<u>.INBOX.x, and what would be taken for something else is shown below
// altprefix.
// Codes: bad_name. A value made at login; immutable.
#ifndef ROOKERY_IMAP_MODEL_NAMESPACE_H
#define ROOKERY_IMAP_MODEL_NAMESPACE_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/model/mailbox_name.h"
#include "lib/base/result.h"

namespace rookery::model {

struct NamespaceOptions {
    bool altnamespace = false;
    bool unixhierarchysep = false;
    bool virtdomains = false;
    std::string userprefix = "Other Users";
    std::string sharedprefix = "Shared Folders";
    std::string altprefix = "Alt Folders";
    std::string defaultdomain;
    std::string deletedprefix = "DELETED";
};

class Namespace {
 public:
    // userid may be empty (LMTP, before login). as_admin: standard names, DELETED visible.
    Namespace(NamespaceOptions options, std::string userid, bool as_admin);

    char separator() const { return options_.unixhierarchysep ? '/' : '.'; }
    const std::string& userid() const { return userid_; }
    // What a client wrote (IMAP mailbox, modified UTF-7) -> internal.
    Result<MailboxName> to_internal(std::string_view external) const;
    // Internal -> what this client reads; none if the name cannot be seen by it (DELETED under
    // alt).
    std::optional<std::string> to_external(const MailboxName& name) const;
    // The prefixes of RFC 2342: personal, other users, shared; each with the separator at its end
    // ("" for the personal one under altnamespace).
    std::string personal_prefix() const;
    std::string other_users_prefix() const;
    std::string shared_prefix() const;
    // This user's INBOX.
    Result<MailboxName> inbox() const;
    const NamespaceOptions& options() const { return options_; }
    bool is_alternative() const { return options_.altnamespace && !as_admin_; }

 private:
    using Components = std::vector<std::string>;
    Result<MailboxName> standard_to_internal(std::string_view domain,
                                             const Components& components) const;
    Result<MailboxName> alternative_to_internal(std::string_view domain,
                                                Components components) const;
    std::optional<std::string> standard_external(std::vector<std::string_view> parts,
                                                 bool own) const;
    std::optional<std::string> alternative_external(std::vector<std::string_view> parts,
                                                    bool own) const;
    std::string_view own_localpart() const;
    std::string_view canonical_own_userid() const;

    NamespaceOptions options_;
    std::string userid_;
    bool as_admin_;
};

}  // namespace rookery::model

#endif
