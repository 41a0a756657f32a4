// What belongs to a user or a tree beside the mailboxes. Nothing that is there is replaced.
#include <algorithm>

#include "imap/admin/tools/restoring.h"
#include "imap/mboxlist/subscriptions.h"
#include "imap/scripts/scripts.h"
#include "lib/base/strings.h"

namespace rookery::admin {

Status Restoring::take_quotas(std::string text)
{
    TRY_ASSIGN(const auto values, parse_lines(std::move(text)));
    for (const sync::Dlist& value : values) {
        TRY_ASSIGN(const sync::QuotaValue quota, sync::parse_quota(value));
        TRY_ASSIGN(const auto root, target_of(quota.root));
        auto there = parts_.quotas->get(root);
        if (there) continue;
        if (!there.is(Code::not_found)) return there.error();
        TRY(parts_.quotas->set(root, quota.limits));
    }
    return success();
}

Status Restoring::take_subscriptions(std::string_view text)
{
    mboxlist::Subscriptions subscriptions(config_.configdirectory(), as_->user());
    TRY_ASSIGN(const auto there, subscriptions.names());
    for (const std::string_view line : split(text, '\n', false)) {
        TRY_ASSIGN(const auto before, model::MailboxName::from_internal(line));
        TRY_ASSIGN(const auto name, target_of(before));
        if (std::find(there.begin(), there.end(), name) == there.end())
            TRY(subscriptions.add(name));
    }
    return success();
}

Status Restoring::take_script(const std::string& name, std::string content)
{
    TRY(scripts::Scripts::check_name(name));
    if (content.size() > scripts::Scripts::kMaxScript)
        return Error{Code::limit, "the script is too large"};
    TRY_ASSIGN(auto scripts, scripts::Scripts::of(config_, as_->user()));
    TRY_ASSIGN(const auto held, scripts.lock());
    TRY_ASSIGN(const bool there, scripts.has(name));
    if (!there) return scripts.write(name, content);
    TRY_ASSIGN(const std::string present, scripts.read(name));
    if (present == content) return success();
    return Error{Code::exists, "another script of that name is there, and stays"};
}

Status Restoring::take_active(std::string_view text)
{
    const std::string name(trim(text));
    TRY(scripts::Scripts::check_name(name));
    TRY_ASSIGN(auto scripts, scripts::Scripts::of(config_, as_->user()));
    TRY_ASSIGN(const auto held, scripts.lock());
    TRY_ASSIGN(const std::string active, scripts.find_active());
    if (active == name) return success();
    if (!active.empty()) return Error{Code::exists, cat(active, " is the active one, and stays")};
    return scripts.activate(name);
}

// What the user has seen in mailboxes of others: nothing that was seen becomes unseen.
Status Restoring::take_seen_elsewhere(std::string text)
{
    TRY_ASSIGN(const auto values, parse_lines(std::move(text)));
    for (const sync::Dlist& value : values) {
        TRY_ASSIGN(const std::string uniqueid, value.string("UNIQUEID"));
        TRY_ASSIGN(mailbox::SyncSeen seen, sync::parse_seen(value, ""));
        seen.userid = user_of(seen.userid);
        TRY(parts_.sync->put_seen(uniqueid, seen, false));
    }
    return success();
}

}  // namespace rookery::admin
