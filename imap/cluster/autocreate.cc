// INBOX, folders, subscriptions, the first script.
#include "imap/cluster/autocreate.h"

#include <algorithm>
#include <vector>

#include "imap/cluster/superiors.h"
#include "imap/cluster/uniqueid.h"
#include "imap/mboxlist/access_options.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/mboxlist/partitions.h"
#include "imap/mboxlist/subscriptions.h"
#include "imap/scripts/scripts.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::cluster {
namespace {

using model::MailboxName;

mailbox::QuotaLimits first_limits(const config::Config& config)
{
    mailbox::QuotaLimits limits;
    if (config.autocreate_quota() > 0)
        limits[mailbox::Resource::storage] = static_cast<uint64_t>(config.autocreate_quota());
    if (config.autocreate_quota_messages() > 0)
        limits[mailbox::Resource::message] =
            static_cast<uint64_t>(config.autocreate_quota_messages());
    return limits;
}

}  // namespace

bool may_autocreate(const config::Config& config, std::string_view userid,
                    const auth::Groups& groups)
{
    if (config.autocreate_quota() < 0 || userid.empty() || userid == "anonymous") return false;
    if (auth::in_list(config.admins(), userid, groups) ||
        auth::in_list(config.proxyservers(), userid, groups))
        return false;
    const auto& users = config.autocreate_users();
    return std::find(users.begin(), users.end(), "anyone") != users.end() ||
           auth::in_list(users, userid, groups);
}

bool may_autocreate(const config::Config& config, const std::string& userid)
{
    return may_autocreate(config, userid, auth::Groups::of_user(config, userid));
}

Autocreate::Autocreate(const config::Config& config, Operations& operations,
                       mailbox::Quotas* quotas)
    : config_(config), operations_(operations), quotas_(quotas)
{
}

Status Autocreate::make(const std::string& userid)
{
    TRY_ASSIGN(const MailboxName inbox, MailboxName::inbox_of(userid, config_.defaultdomain()));
    TRY(inbox.check_creatable());
    TRY(inbox.check_lengths(config_.deletedprefix()));
    Status made = make_inbox(userid, inbox);
    if (made.is(Code::exists)) {
        // Another session was first, here or at another server.
        auto there = operations_.list().lookup(inbox);
        if (there && there->is_there()) return success();
        return Error{Code::moved, cat("the INBOX of ", userid, " is at another server")};
    }
    TRY(std::move(made));
    log::notice("autocreate", {{"user", userid}, {"mailbox", inbox.internal()}});
    make_folders(userid, inbox);
    return success();
}

Status Autocreate::make_inbox(const std::string& userid, const MailboxName& inbox)
{
    TRY_ASSIGN(std::string partition, mboxlist::usual_partition(config_));
    model::MailboxEntry entry{.name = inbox,
                              .server = {},
                              .partition = std::move(partition),
                              .acl = {},
                              .uniqueid = new_uniqueid()};
    entry.acl.set(userid, model::Rights::all);
    return operations_.create(entry, "", Operations::Tell::master, [&](const auto&) -> Status {
        const mailbox::QuotaLimits limits = first_limits(config_);
        if (quotas_ != nullptr && !(limits == mailbox::QuotaLimits{}))
            TRY(quotas_->set(inbox, limits));
        subscribe(userid, inbox);
        give_script(userid);
        return success();
    });
}

// It is named as its file. Scripts of a user who was here before stay what they are; but where
// there is this one alone, whoever wrote it may have ended before it was active.
Status Autocreate::copy_script(const std::string& userid, const std::string& path)
{
    std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    if (scripts::Scripts::is_source(name)) name.remove_suffix(name.size() - name.rfind('.'));
    TRY_ASSIGN(const std::string text, read_file(path, scripts::Scripts::kMaxScript));
    TRY_ASSIGN(auto scripts, scripts::Scripts::of(config_, userid));
    TRY_ASSIGN(const auto lock, scripts.lock());
    TRY_ASSIGN(const auto there, scripts.list());
    const bool is_ours_alone = there.size() == 1 && there.front().name == name;
    if (!there.empty() && !is_ours_alone) return success();
    TRY(scripts::Scripts::check_name(name));
    if (there.empty()) TRY(scripts.write(std::string(name), text));
    return scripts.activate(std::string(name));
}

void Autocreate::give_script(const std::string& userid)
{
    const std::string& path = config_.autocreate_sieve_script();
    if (path.empty()) return;
    if (Status given = copy_script(userid, path); !given)
        log::warning("autocreate: no script", {{"user", userid}, {"reason", given.error()}});
}

void Autocreate::subscribe(const std::string& userid, const MailboxName& name)
{
    Status done = mboxlist::Subscriptions(config_.configdirectory(), userid).add(name);
    if (!done)
        log::warning("autocreate: not subscribed",
                     {{"user", userid}, {"mailbox", name.internal()}, {"reason", done.error()}});
}

// The owner's, and "folder identifier rights" of autocreate_acl; a folder may have spaces.
model::Acl Autocreate::folder_acl(const std::string& userid, const std::string& folder) const
{
    model::Acl acl;
    acl.set(userid, model::Rights::all);
    const model::AccessOptions access = mboxlist::access_options(config_);
    for (const std::string& line : mboxlist::listed(config_.autocreate_acl())) {
        const std::string_view text = line;
        const size_t last = text.rfind(' ');
        if (last == std::string_view::npos) continue;
        const std::string_view front = trim(text.substr(0, last));
        const size_t middle = front.rfind(' ');
        if (middle == std::string_view::npos || trim(front.substr(0, middle)) != folder) continue;
        auto who = model::canonical_identifier(front.substr(middle + 1), access);
        auto rights = model::Rights::parse(text.substr(last + 1), access.delete_right);
        if (who && rights)
            acl.set(*who, *rights);
        else
            log::warning("autocreate_acl: not understood", {{"text", line}});
    }
    return acl;
}

Status Autocreate::make_folder(const std::string& userid, const std::string& folder)
{
    TRY_ASSIGN(const MailboxName name, mboxlist::folder_of(config_, userid, folder));
    TRY(name.check_creatable());
    TRY(name.check_lengths(config_.deletedprefix()));
    TRY_ASSIGN(std::string partition, mboxlist::usual_partition(config_));
    const model::MailboxEntry entry{.name = name,
                                    .server = {},
                                    .partition = std::move(partition),
                                    .acl = folder_acl(userid, folder),
                                    .uniqueid = new_uniqueid()};
    Status made = operations_.create(entry, "", Operations::Tell::master);
    if (made.is(Code::exists)) return success();
    TRY(std::move(made));
    model::Acl acl;
    acl.set(userid, model::Rights::all);
    make_superiors(operations_, name, entry.partition, acl);
    return success();
}

void Autocreate::make_folders(const std::string& userid, const MailboxName& inbox)
{
    for (const std::string& folder : mboxlist::listed(config_.autocreate_inbox_folders()))
        if (Status made = make_folder(userid, folder); !made)
            log::warning(
                "autocreate: a folder is not made",
                {{"mailbox", inbox.internal()}, {"folder", folder}, {"reason", made.error()}});
    for (const std::string& folder : mboxlist::listed(config_.autocreate_subscribe_folders()))
        if (auto name = mboxlist::folder_of(config_, userid, folder);
            name && operations_.list().lookup(*name))
            subscribe(userid, *name);
    const model::Namespace shared(mboxlist::namespace_options(config_), userid, true);
    for (const std::string& folder : mboxlist::listed(config_.autocreate_subscribe_sharedfolders()))
        if (auto name = shared.to_internal(mboxlist::external_name(folder)))
            subscribe(userid, *name);
        else
            log::warning("autocreate_subscribe_sharedfolders: not a name", {{"text", folder}});
}

}  // namespace rookery::cluster
