#include "imap/pop3/home.h"

#include "imap/mboxlist/access_options.h"
#include "imap/mboxlist/find_mailbox.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/model/access.h"

namespace rookery::pop3 {

using model::MailboxEntry;
using model::MailboxName;

Result<MailboxName> Home::name(const auth::Identity& who, const std::string& folder) const
{
    if (folder.empty()) return MailboxName::inbox_of(who.userid, config_.defaultdomain());
    return mboxlist::folder_of(config_, who.userid, folder);
}

Status Home::require(const auth::Identity& who, const MailboxEntry& entry,
                     model::Rights right) const
{
    if (!config_.popuseacl()) return success();
    return model::require(who, entry, right, mboxlist::access_options(config_));
}

Result<MailboxEntry> Home::find(const auth::Identity& who, const std::string& folder)
{
    auto named = name(who, folder);
    if (!named) return Error{Code::not_found, named.error().text};
    TRY_ASSIGN(MailboxEntry entry, mboxlist::find_mailbox(directory_, *named, [&](const auto& e) {
                   return mboxlist::check_readable(e, keeps_mail_);
               }));
    if (entry.is_local()) TRY(require(who, entry, model::Rights::read));
    return entry;
}

Status Home::may_change(const auth::Identity& who, const MailboxEntry& entry, model::Rights right)
{
    TRY_ASSIGN(const MailboxEntry now,
               mboxlist::look_up(directory_, entry.name, model::require_settled));
    if (!now.is_local()) return Error{Code::moved, now.server};
    if (now.uniqueid != entry.uniqueid) return Error{Code::not_found, "it is another mailbox"};
    return require(who, now, right);
}

}  // namespace rookery::pop3
