#include "imap/model/access.h"

#include "lib/base/strings.h"

namespace rookery::model {
namespace {

// Who holds one of these may ask about rights (RFC 4314 section 4).
constexpr Rights kKnowsTheMailbox = Rights::lookup | Rights::read | Rights::insert |
                                    Rights::create | Rights::delete_mailbox | Rights::administer;

Error does_not_exist()
{
    return {Code::not_found, "Mailbox does not exist"};
}

}  // namespace

Rights rights_on(const auth::Identity& who, const MailboxEntry& entry, const AccessOptions& options)
{
    Rights rights = entry.acl.rights_of(who);
    const std::string owner = entry.name.user();
    if (!owner.empty() && who.userid == owner) rights = rights | options.implicit_owner_rights;
    if (who.any_admin()) rights = rights | Rights::lookup | Rights::administer;
    if (options.administer_is_write && rights.has(Rights::administer))
        rights = rights | Rights::write;
    return rights;
}

bool may_know_of(const auth::Identity& who, const MailboxEntry& entry, const AccessOptions& options)
{
    // A name without an ACL is one on which a server works: nobody knows whose it is.
    if (entry.state == EntryState::reserved && entry.acl.empty()) return true;
    return rights_on(who, entry, options).has_any(kKnowsTheMailbox);
}

bool is_listed(const auth::Identity& who, const MailboxEntry& entry, const AccessOptions& options)
{
    if (entry.elsewhere) return is_listed(who, entry.seen(), options);
    switch (entry.state) {
        case EntryState::active:
        case EntryState::moving: break;
        case EntryState::reserved:
            // With an ACL it is a mailbox between the two ends of a move, and still the user's; not
            // the copy at the end where it is not in use yet.
            if (entry.acl.empty() || entry.is_incoming()) return false;
            break;
        case EntryState::deleted: return false;
    }
    if (entry.pending == Pending::create) return false;
    if (!entry.is_local() && who.is_server()) return false;
    if (who.admin) return true;
    if (!who.proxy_admin) return rights_on(who, entry, options).has(Rights::lookup);
    auth::Identity user = who;
    user.proxy_admin = false;
    return rights_on(user, entry, options).has(Rights::lookup);
}

Status require(const auth::Identity& who, const MailboxEntry& entry, Rights needed,
               const AccessOptions& options)
{
    const Rights have = rights_on(who, entry, options);
    if (have.has(needed)) return success();
    if (have.has(Rights::lookup)) return Error{Code::denied, "Permission denied"};
    return does_not_exist();
}

Status may_create_below(const auth::Identity& who, const MailboxName& name,
                        const std::optional<MailboxEntry>& ancestor, const AccessOptions& options)
{
    if (who.any_admin()) return success();
    const Rights have = ancestor ? rights_on(who, *ancestor, options) : Rights();
    if (have.has(Rights::create)) return success();
    const bool is_users = !name.user().empty() && !name.is_inbox();
    if (is_users && !have.has(Rights::lookup)) return does_not_exist();
    return Error{Code::denied, "Permission denied"};
}

bool is_own(const MailboxName& inbox, const MailboxName& name)
{
    return inbox == name || inbox.is_above(name);
}

Status require_settled(const MailboxEntry& entry)
{
    // Its creation may still be refused by the master.
    if (entry.pending == Pending::create)
        return Error{Code::reserved, "the mailbox is still being created"};
    switch (entry.state) {
        case EntryState::active: return success();
        case EntryState::reserved: return Error{Code::reserved, "Mailbox is reserved"};
        case EntryState::moving: return Error{Code::moved, "Mailbox is being moved"};
        case EntryState::deleted: break;
    }
    return does_not_exist();
}

Result<std::string> canonical_identifier(std::string_view written, const AccessOptions& options)
{
    const bool negative = written.starts_with('-');
    std::string_view name = negative ? written.substr(1) : written;
    const std::string_view sign = negative ? "-" : "";
    if (equal_nocase(name, "anyone") || equal_nocase(name, "anonymous"))
        return cat(sign, to_lower(name));
    if (starts_with_nocase(name, "group:")) {
        TRY_ASSIGN(std::string group, auth::canonical_userid(name.substr(6), false));
        if (group.empty()) return Error{Code::bad_name, "Invalid identifier"};
        return cat(sign, "group:", group);
    }
    TRY_ASSIGN(std::string userid, auth::canonical_userid(name, options.lower_case_userids));
    if (userid.empty()) return Error{Code::bad_name, "Invalid identifier"};
    const std::string& domain = options.default_domain;
    if (!domain.empty() && userid.size() > domain.size() + 1 && userid.ends_with("@" + domain))
        userid.resize(userid.size() - domain.size() - 1);
    return cat(sign, userid);
}

}  // namespace rookery::model
