#include "imap/cluster/user_data.h"

#include "imap/mailbox/annotations.h"
#include "imap/mboxlist/subscriptions.h"
#include "imap/scripts/scripts.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::cluster {
namespace {

constexpr size_t kMaxUserDenyFile = 16u << 20;

// The user's line of user_deny.db becomes another's, or goes where to is empty.
Status change_denial(const config::Config& config, std::string_view user, std::string_view to)
{
    const std::string path = config.userdeny_db_path().empty()
                                 ? cat(config.configdirectory(), "/user_deny.db")
                                 : config.userdeny_db_path();
    auto text = read_file(path, kMaxUserDenyFile);
    if (text.is(Code::not_found)) return success();
    if (!text) return text.error();
    std::string after;
    bool changed = false;
    for (std::string_view line : split(*text, '\n')) {
        const bool is_users = line.substr(0, line.find('\t')) == user;
        changed = changed || (is_users && !line.empty());
        if (line.empty() || (is_users && to.empty())) continue;
        if (is_users)
            cat_to(after, to, line.substr(user.size()), '\n');
        else
            cat_to(after, line, '\n');
    }
    return changed ? replace_file(path, after) : success();
}

}  // namespace

Status UserData::rename(const model::MailboxName& from, const model::MailboxName& to) const
{
    const std::string old_user = from.user();
    const std::string new_user = to.user();
    const std::string& top = config_.configdirectory();
    TRY(mboxlist::Subscriptions(top, old_user)
            .become(mboxlist::Subscriptions(top, new_user), from, to));
    TRY(store_.rename_user(old_user, new_user));
    TRY_ASSIGN(auto old_scripts, scripts::Scripts::of(config_, old_user));
    TRY_ASSIGN(const auto new_scripts, scripts::Scripts::of(config_, new_user));
    TRY(old_scripts.become(new_scripts));
    return change_denial(config_, old_user, new_user);
}

Status UserData::remove(const model::MailboxName& inbox) const
{
    const std::string user = inbox.user();
    TRY(mboxlist::Subscriptions(config_.configdirectory(), user).remove_all());
    TRY(store_.remove_user(user));
    TRY_ASSIGN(auto scripts, scripts::Scripts::of(config_, user));
    TRY(scripts.remove_all());
    return change_denial(config_, user, {});
}

Status UserData::rename_annotator(const model::MailboxEntry& mailbox, const std::string& from,
                                  const std::string& to) const
{
    auto* annotations = store_.annotations();
    if (annotations == nullptr || from.empty() || to.empty() || from == to) return success();
    TRY_ASSIGN(auto all, annotations->list(mailbox));
    std::vector<mailbox::AnnotationChange> changes;
    for (auto& a : all) {
        if (a.userid != from) continue;
        changes.push_back({a.entry, from, std::nullopt});
        changes.push_back({a.entry, to, std::move(a.value)});
    }
    return changes.empty() ? success() : annotations->set(mailbox, changes);
}

}  // namespace rookery::cluster
