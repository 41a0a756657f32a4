#include "imap/imapd/namespace/rights.h"

#include "imap/mboxlist/find_mailbox.h"
#include "lib/base/strings.h"

namespace rookery::imapd {

using model::Rights;

namespace {

// Who holds one of these may ask about rights (RFC 4314 section 4).
constexpr Rights kKnowsTheMailbox = Rights::lookup | Rights::read | Rights::insert |
                                    Rights::create | Rights::delete_mailbox | Rights::administer;

}  // namespace

char delete_right(const config::Config& config)
{
    return config.deleteright().empty() ? 'c' : config.deleteright()[0];
}

Rights implicit_owner_rights(const config::Config& config)
{
    return Rights::parse(config.implicit_owner_rights(), delete_right(config)).value_or(Rights());
}

Rights rights_on(const ImapSession& session, const model::MailboxEntry& entry)
{
    Rights rights = model::effective_rights(entry.acl, *session.user.identity, entry.name.user(),
                                            implicit_owner_rights(session.config));
    if (session.config.acl_admin_implies_write() && rights.has(Rights::administer))
        rights = rights | Rights::write;
    return rights;
}

bool may_know_of(const ImapSession& session, const model::MailboxEntry& entry)
{
    // A name without an ACL is one on which a server works: nobody knows whose it is.
    if (entry.state == model::EntryState::reserved && entry.acl.empty()) return true;
    return rights_on(session, entry).has_any(kKnowsTheMailbox);
}

Status require(const ImapSession& session, const model::MailboxEntry& entry, Rights needed)
{
    const Rights have = rights_on(session, entry);
    if (have.has(needed)) return success();
    if (have.has(Rights::lookup)) return Error{Code::denied, "Permission denied"};
    return Error{Code::not_found, "Mailbox does not exist"};
}

Status may_create_below(const ImapSession& session, const model::MailboxName& name,
                        const std::optional<model::MailboxEntry>& ancestor)
{
    if (session.user.identity->any_admin()) return success();
    const Rights have = ancestor ? rights_on(session, *ancestor) : Rights();
    if (have.has(Rights::create)) return success();
    const bool is_users = !name.user().empty() && !name.is_inbox();
    if (is_users && !have.has(Rights::lookup))
        return Error{Code::not_found, "Mailbox does not exist"};
    return Error{Code::denied, "Permission denied"};
}

bool is_own(const ImapSession& session, const model::MailboxName& name)
{
    auto inbox = session.user.names->inbox();
    return inbox && (*inbox == name || inbox->is_above(name));
}

Status require_settled(const model::MailboxEntry& entry)
{
    return mboxlist::check_usable(entry);
}

Status require_quota(const ImapSession& session, const model::MailboxName& into,
                     const mailbox::QuotaUsage& more)
{
    return session.quotas != nullptr ? session.quotas->check(into, more, true) : success();
}

Result<std::string> canonical_identifier(const config::Config& config, std::string_view written)
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
    TRY_ASSIGN(std::string userid, auth::canonical_userid(name, config.username_tolower()));
    if (userid.empty()) return Error{Code::bad_name, "Invalid identifier"};
    const auto& domain = config.defaultdomain();
    if (config.virtdomains() != config::Virtdomains::off && !domain.empty() &&
        userid.size() > domain.size() + 1 && userid.ends_with("@" + domain))
        userid.resize(userid.size() - domain.size() - 1);
    return cat(sign, userid);
}

}  // namespace rookery::imapd
