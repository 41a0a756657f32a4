#include "imap/managesieve/home.h"

#include "imap/mboxlist/find_mailbox.h"
#include "imap/model/access.h"
#include "imap/model/mailbox_name.h"
#include "lib/base/strings.h"

namespace rookery::managesieve {
namespace {

using model::MailboxEntry;
using scripts::Scripts;

// A user who is being given another name has scripts under the one or the other.
Status require_still(const MailboxEntry& entry)
{
    TRY(model::require_settled(entry));
    switch (entry.pending) {
        case model::Pending::none:
        case model::Pending::update:
        case model::Pending::partition_out:
        case model::Pending::partition_in: return success();
        case model::Pending::create:
        case model::Pending::remove:
        case model::Pending::rename_in:
        case model::Pending::rename_out: break;
    }
    return Error{Code::reserved, "the user is being renamed or removed"};
}

Status require_readable(const MailboxEntry& entry)
{
    return mboxlist::check_readable(entry, true);
}

std::string_view domain_of(std::string_view userid)
{
    const size_t at = userid.rfind('@');
    return at == userid.npos ? std::string_view() : userid.substr(at + 1);
}

}  // namespace

Result<Home> find_home(const config::Config& config, mboxlist::Directory& directory,
                       const auth::Identity& who)
{
    TRY_ASSIGN(const auto inbox, model::MailboxName::inbox_of(who.userid, config.defaultdomain()));
    Home home;
    auto entry = mboxlist::find_mailbox(directory, inbox, require_readable);
    if (entry.is(Code::not_found) && who.any_admin()) {
        TRY_ASSIGN(home.scripts, Scripts::global(config, domain_of(who.userid)));
        return home;
    }
    if (!entry) return entry.error();
    home.server = entry->server;
    if (!entry->is_local()) return home;
    home.changeable = require_still(*entry);
    TRY_ASSIGN(home.scripts, Scripts::of(config, who.userid));
    return home;
}

std::optional<std::string> referral_host(const config::Config& config, const std::string& server)
{
    if (!config.sieve_allowreferrals()) return std::nullopt;
    if (!config.is_set("sieve_referral_hosts")) return server;
    for (const std::string& word : config.sieve_referral_hosts()) {
        const size_t equals = word.find('=');
        if (word.substr(0, equals) != server) continue;
        return equals == word.npos ? server : word.substr(equals + 1);
    }
    return std::nullopt;
}

}  // namespace rookery::managesieve
