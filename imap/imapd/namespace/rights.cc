#include "imap/imapd/namespace/rights.h"

namespace rookery::imapd {

model::Rights rights_on(const ImapSession& session, const model::MailboxEntry& entry)
{
    return model::rights_on(*session.user.identity, entry, session.access);
}

bool may_know_of(const ImapSession& session, const model::MailboxEntry& entry)
{
    return model::may_know_of(*session.user.identity, entry, session.access);
}

bool is_listed(const ImapSession& session, const model::MailboxEntry& entry)
{
    return model::is_listed(*session.user.identity, entry, session.access);
}

Status require(const ImapSession& session, const model::MailboxEntry& entry, model::Rights needed)
{
    return model::require(*session.user.identity, entry, needed, session.access);
}

Status may_create_below(const ImapSession& session, const model::MailboxName& name,
                        const std::optional<model::MailboxEntry>& ancestor)
{
    return model::may_create_below(*session.user.identity, name, ancestor, session.access);
}

bool is_own(const ImapSession& session, const model::MailboxName& name)
{
    auto inbox = session.user.names->inbox();
    return inbox && model::is_own(*inbox, name);
}

bool share_quota(const ImapSession& session, const model::MailboxName& a,
                 const model::MailboxName& b)
{
    if (session.quotas == nullptr) return false;
    const auto one = session.quotas->root_of(a);
    const auto other = session.quotas->root_of(b);
    return one && other && *one == *other;
}

Status require_quota(const ImapSession& session, const model::MailboxName& into,
                     const mailbox::QuotaUsage& more)
{
    return session.quotas != nullptr ? session.quotas->check(into, more, true) : success();
}

model::Rights implicit_owner_rights(const config::Config& config)
{
    return mboxlist::access_options(config).implicit_owner_rights;
}

char delete_right(const config::Config& config)
{
    return mboxlist::access_options(config).delete_right;
}

Result<std::string> canonical_identifier(const config::Config& config, std::string_view written)
{
    return model::canonical_identifier(written, mboxlist::access_options(config));
}

}  // namespace rookery::imapd
