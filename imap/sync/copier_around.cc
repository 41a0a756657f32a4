// What moves with mailboxes and is not in them: quota roots, what others have seen, and of a user
// subscriptions and scripts.
#include <algorithm>

#include "imap/mboxlist/subscriptions.h"
#include "imap/scripts/scripts.h"
#include "imap/sync/copier.h"
#include "lib/base/strings.h"

namespace rookery::sync {

using scripts::Scripts;

namespace {

using mailbox::SyncSeen;
using model::MailboxEntry;
using model::MailboxName;

std::vector<std::string> subscriptions_of(const LocalSide& here, const std::string& userid,
                                          Status& status)
{
    std::vector<std::string> names;
    auto read = mboxlist::Subscriptions(here.config.configdirectory(), userid).names();
    if (!read) {
        status = read.error();
        return names;
    }
    for (const MailboxName& name : *read) names.push_back(name.internal());
    return names;
}

struct OwnScripts {
    std::vector<Scripts::Script> list;
    std::string active;
};

// Under their lock: whoever began to change them before INBOX was frozen has finished then, and
// whoever begins now finds it frozen.
Result<OwnScripts> scripts_of(const LocalSide& here, const std::string& userid)
{
    TRY_ASSIGN(const Scripts scripts, Scripts::of(here.config, userid));
    TRY_ASSIGN(const auto held, scripts.lock());
    TRY_ASSIGN(auto list, scripts.list());
    return OwnScripts{std::move(list), scripts.active()};
}

std::set<std::string> uniqueids_of(std::span<const MailboxEntry> entries)
{
    std::set<std::string> ids;
    for (const MailboxEntry& entry : entries) ids.insert(entry.uniqueid);
    return ids;
}

}  // namespace

Status Copier::copy_around(std::span<const MailboxEntry> entries, const std::string& userid)
{
    for (const MailboxEntry& entry : entries) TRY(copy_annotations(entry));
    copied_around_ = true;
    TRY(copy_quotas(entries));
    TRY(copy_seen(entries));
    return userid.empty() ? success() : copy_user(userid);
}

Result<Copier::AnnotationMap> Copier::annotations_here(const MailboxEntry& entry)
{
    AnnotationMap found;
    if (here_.store.annotations() == nullptr) return found;
    TRY_ASSIGN(const auto list, here_.store.annotations()->list(entry));
    for (const mailbox::Annotation& a : list) found[{a.entry, a.userid}] = a.value;
    return found;
}

Result<Copier::AnnotationMap> Copier::annotations_there(const MailboxEntry& entry)
{
    AnnotationMap found;
    std::string name;
    put_string(name, entry.name.internal());
    TRY(there_.get("ANNOTATION", name,
                   [&](const std::string& answer, const Dlist& value) -> Status {
                       if (answer != "ANNOTATION") return success();
                       TRY_ASSIGN(mailbox::Annotation a, parse_annotation(value));
                       if (a.entry != kSpecialUse)
                           found[{std::move(a.entry), std::move(a.userid)}] = std::move(a.value);
                       return success();
                   }));
    return found;
}

Status Copier::copy_annotations(const MailboxEntry& entry)
{
    TRY_ASSIGN(const AnnotationMap here, annotations_here(entry));
    TRY_ASSIGN(const AnnotationMap there, annotations_there(entry));
    auto send = [&](std::string_view verb, const AnnotationMap::value_type& item) {
        const auto& [key, value] = item;
        return there_.apply(verb, annotation_value(entry.name, {key.first, key.second, value}));
    };
    for (const auto& item : here) {
        auto at = there.find(item.first);
        if (at == there.end() || at->second != item.second) TRY(send("ANNOTATION", item));
    }
    for (const auto& item : there)
        if (!here.contains(item.first)) TRY(send("UNANNOTATION", item));
    return success();
}

Status Copier::copy_quotas(std::span<const MailboxEntry> entries)
{
    for (const MailboxEntry& entry : entries) {
        auto root = here_.quotas.root_of(entry.name);
        if (root && *root == entry.name) {
            TRY_ASSIGN(const mailbox::Quota quota, here_.quotas.get(entry.name));
            TRY(there_.apply("QUOTA", quota_value(entry.name, quota.limits)));
            continue;
        }
        if (!root && !root.is(Code::not_found)) return std::move(root).error();
        // One of an earlier stay there.
        bool there = false;
        std::string name;
        put_string(name, entry.name.internal());
        Status asked = there_.get("QUOTA", name, [&](const std::string& answer, const Dlist&) {
            there = there || answer == "QUOTA";
            return success();
        });
        if (asked && there) TRY(there_.apply("UNQUOTA", name));
    }
    return success();
}

Status Copier::copy_seen(std::span<const MailboxEntry> entries)
{
    const int64_t now = wall_seconds();
    TRY_ASSIGN(const auto states, here_.sync.seen_of_mailboxes(uniqueids_of(entries), seen_since_));
    for (const auto& [uniqueid, seen] : states) {
        const std::string key = cat(uniqueid, ' ', seen.userid);
        auto sent = seen_sent_.find(key);
        if (sent != seen_sent_.end() && sent->second == seen) continue;
        TRY(there_.apply("SEEN", seen_value(uniqueid, seen, true)));
        seen_sent_.insert_or_assign(key, seen);
    }
    seen_since_ = now - 1;
    return success();
}

Result<Copier::RemoteUser> Copier::look_at_user(const std::string& userid)
{
    RemoteUser user;
    std::string name;
    put_string(name, userid);
    TRY(there_.get("META", name, [&](const std::string& answer, const Dlist& value) -> Status {
        if (answer == "LSUB") {
            user.subscriptions = value.strings();
        } else if (answer == "SIEVE") {
            const std::string file = value.string_or("FILENAME", "");
            TRY_ASSIGN(const std::string script, Scripts::name_of(file));
            if (Scripts::is_source(file)) user.scripts.insert(script);
            if (value.number_or("ISACTIVE", 0) != 0) user.active = script;
        } else if (answer == "SEEN") {
            TRY_ASSIGN(SyncSeen seen, parse_seen(value, userid));
            user.seen.emplace(value.string_or("UNIQUEID", ""), std::move(seen));
        }
        return success();
    }));
    std::sort(user.subscriptions.begin(), user.subscriptions.end());
    return user;
}

// Looks at what the destination has of the user, then makes it the same: subscriptions by their
// difference, every script, scripts that are not here any more away, and the active one last, when
// it is there.
Status Copier::copy_user(const std::string& userid)
{
    Status status = success();
    std::vector<std::string> wanted = subscriptions_of(here_, userid, status);
    TRY(std::move(status));
    TRY_ASSIGN(const RemoteUser there, look_at_user(userid));
    std::sort(wanted.begin(), wanted.end());
    auto change = [&](std::string_view verb, const std::string& name) {
        DlistMap map;
        map.add("USERID", userid).add("MBOXNAME", name);
        return there_.apply(verb, std::move(map).finish());
    };
    for (const std::string& name : wanted)
        if (!std::binary_search(there.subscriptions.begin(), there.subscriptions.end(), name))
            TRY(change("SUB", name));
    for (const std::string& name : there.subscriptions)
        if (!std::binary_search(wanted.begin(), wanted.end(), name)) TRY(change("UNSUB", name));

    TRY_ASSIGN(const OwnScripts own, scripts_of(here_, userid));
    std::set<std::string> names;
    for (const Scripts::Script& script : own.list) {
        names.insert(script.name);
        DlistMap map;
        map.add("USERID", userid).add("FILENAME", cat(script.name, ".script"));
        map.add("LAST_UPDATE", static_cast<uint64_t>(std::max<int64_t>(script.changed, 0)));
        map.add("CONTENT", script.content);
        TRY(there_.apply("SIEVE", std::move(map).finish()));
    }
    for (const std::string& name : there.scripts) {
        if (names.contains(name)) continue;
        DlistMap map;
        map.add("USERID", userid).add("FILENAME", cat(name, ".script"));
        TRY(there_.apply("UNSIEVE", std::move(map).finish()));
    }
    if (own.active == there.active) return success();
    DlistMap map;
    map.add("USERID", userid);
    if (own.active.empty()) return there_.apply("UNACTIVATE_SIEVE", std::move(map).finish());
    map.add("FILENAME", cat(own.active, ".bc"));
    return there_.apply("ACTIVATE_SIEVE", std::move(map).finish());
}

// --- removing

Status Copier::remove_around(std::span<const MailboxEntry> entries, const std::string& userid)
{
    // An earlier run may have, if there was one; at Cyrus only what is known to be ours goes.
    if (!copied_around_ && (is_new_ || !there_.is_ours())) return success();
    for (const MailboxEntry& entry : entries) {
        auto root = here_.quotas.root_of(entry.name);
        if (!root || !(*root == entry.name)) continue;
        std::string name;
        put_string(name, entry.name.internal());
        Status gone = there_.apply("UNQUOTA", name);
        if (!gone && !gone.is(Code::not_found)) return gone;
    }
    if (userid.empty()) return success();
    TRY_ASSIGN(const RemoteUser there, look_at_user(userid));
    return remove_user(userid, there);
}

Status Copier::remove_user(const std::string& userid, const RemoteUser& there)
{
    for (const std::string& name : there.subscriptions) {
        DlistMap map;
        map.add("USERID", userid).add("MBOXNAME", name);
        TRY(there_.apply("UNSUB", std::move(map).finish()));
    }
    if (!there.active.empty()) {
        DlistMap map;
        map.add("USERID", userid);
        TRY(there_.apply("UNACTIVATE_SIEVE", std::move(map).finish()));
    }
    for (const std::string& script : there.scripts) {
        DlistMap map;
        map.add("USERID", userid).add("FILENAME", cat(script, ".script"));
        TRY(there_.apply("UNSIEVE", std::move(map).finish()));
    }
    return success();
}

// --- comparing

Status Copier::compare_seen(std::span<const MailboxEntry> entries)
{
    TRY_ASSIGN(const auto states, here_.sync.seen_of_mailboxes(uniqueids_of(entries), 0));
    std::map<std::string, RemoteUser> users;
    for (const auto& [uniqueid, seen] : states) {
        auto user = users.find(seen.userid);
        if (user == users.end()) {
            TRY_ASSIGN(RemoteUser there, look_at_user(seen.userid));
            user = users.emplace(seen.userid, std::move(there)).first;
        }
        auto there = user->second.seen.find(uniqueid);
        const std::string uids = there == user->second.seen.end() ? "" : there->second.uids;
        if (uids != seen.uids)
            return Error{Code::corrupt, cat("what ", seen.userid, " has seen differs there")};
    }
    return success();
}

Status Copier::compare_user(const std::string& userid)
{
    Status status = success();
    std::vector<std::string> wanted = subscriptions_of(here_, userid, status);
    TRY(std::move(status));
    std::sort(wanted.begin(), wanted.end());
    TRY_ASSIGN(const RemoteUser there, look_at_user(userid));
    if (wanted != there.subscriptions)
        return Error{Code::corrupt, cat("the subscriptions of ", userid, " differ there")};
    TRY_ASSIGN(const OwnScripts own, scripts_of(here_, userid));
    if (own.list.size() != there.scripts.size() || own.active != there.active)
        return Error{Code::corrupt, cat("the scripts of ", userid, " differ there")};
    for (const Scripts::Script& script : own.list) {
        DlistMap map;
        map.add("USERID", userid).add("FILENAME", cat(script.name, ".script"));
        std::string content;
        TRY(there_.get("FETCH_SIEVE", std::move(map).finish(),
                       [&](const std::string& answer, const Dlist& value) {
                           if (answer == "SIEVE") content = value.string_or("CONTENT", "");
                           return success();
                       }));
        if (content != script.content)
            return Error{Code::corrupt, cat("the script ", script.name, " differs there")};
    }
    return success();
}

}  // namespace rookery::sync
