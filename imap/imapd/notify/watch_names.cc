// Names: mailboxes that come, go, get another name, or are another user's affair from now on.
#include <algorithm>

#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/notify/watch.h"
#include "imap/imapd/responder.h"
#include "imap/mboxlist/list_walker.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

using namespace notify_events;
using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;
using model::Rights;

void add_word(std::string& words, std::string_view word)
{
    if (!word.empty()) cat_to(words, words.empty() ? "" : " ", word);
}

}  // namespace

bool Watch::has_children(const std::string& external) const
{
    return mboxlist::has_children(s_.directory, *s_.user.names, *s_.user.identity, s_.access,
                                  external);
}

void Watch::put_list(const MailboxName& name, std::string_view attributes, bool exists,
                     std::string_view more)
{
    std::string words(attributes);
    const std::string written = external(name);
    if (subscribed_.contains(name)) add_word(words, "\\Subscribed");
    const bool known_to_have = words.find("\\HasChildren") != words.npos;
    if (!known_to_have && has_children(written))
        add_word(words, "\\HasChildren");
    else if (exists && !known_to_have)
        add_word(words, "\\HasNoChildren");
    put_list_line(s_, "LIST", words, written, more);
}

// The direct parent of what has come or gone has changed too, if it is a mailbox or not (RFC 5465
// 5.4).
void Watch::put_parents(const std::set<std::string>& changed)
{
    std::set<std::string> told;
    for (const std::string& key : changed) {
        auto name = MailboxName::from_key(key);
        if (!name) continue;
        const std::string written = external(*name);
        const size_t end = written.rfind(s_.user.names->separator());
        if (end == written.npos || end == 0) continue;
        auto parent = s_.user.names->to_internal(std::string_view(written).substr(0, end));
        if (!parent || (events_of(*parent) & kMailboxName) == 0) continue;
        if (changed.contains(parent->key()) || !told.insert(parent->key()).second) continue;
        auto entry = s_.directory.lookup(*parent);
        const bool exists = entry && is_listed(s_, entry->seen());
        put_list(*parent, exists ? "" : "\\NonExistent", exists);
    }
}

// The same name, and not the same mailbox.
bool Watch::is_another(const Known& known, const MailboxEntry& entry) const
{
    const bool both_known = !entry.uniqueid.empty() && !known.uniqueid.empty();
    return both_known && entry.uniqueid != known.uniqueid;
}

bool Watch::is_as_known(const Known& known, const MailboxEntry& entry) const
{
    return is_listed(s_, entry) && !is_another(known, entry) &&
           rights_on(s_, entry).has(Rights::read) == known.readable &&
           server_of(entry) == known.server;
}

// What the client knows of this name, and what there is.
Status Watch::compare(const std::string& key, bool own, std::vector<Gone>& gone,
                      std::vector<MailboxEntry>& come, std::vector<std::string>& others)
{
    auto name = MailboxName::from_key(key);
    if (!name) return success();
    auto found = s_.directory.lookup(*name);
    if (!found && !found.is(Code::not_found)) return success();
    if (found && found->other) others.push_back(found->other->name.key());
    std::optional<MailboxEntry> entry;
    if (found) entry = found->seen();
    // Between the two ends of a move, or being renamed: what comes of it is an event of its own.
    if (entry && entry->state == EntryState::reserved) return success();
    const unsigned events = events_of(*name);
    const bool listed = entry && events != 0 && is_listed(s_, *entry);
    const auto at = known_.find(key);
    if (at == known_.end()) {
        if (entry && is_watchable(*entry)) come.push_back(*entry);
        return success();
    }
    Known& known = at->second;
    if (!listed || is_another(known, *entry)) {
        gone.push_back({known, entry && entry->is_there() && !listed});
        forget(key);
        if (listed) come.push_back(*entry);
        return success();
    }
    if (is_as_known(known, *entry)) return success();
    const bool readable = rights_on(s_, *entry).has(Rights::read);
    // It begins anew: another server has it, or the user may read it again or no more.
    const bool was_no_access = known.no_access;
    const bool moved = server_of(*entry) != known.server;
    const auto before = known.seen;
    forget(key);
    if (Status added = add(*entry); !added) return overflow();
    const auto again = known_.find(key);
    if (again == known_.end() || own) return success();
    Known& now = again->second;
    const bool needs_read = (events & (kMessages | kMailboxMetadataChange)) != 0;
    if (!readable && needs_read) put_no_access(now);
    if (readable && was_no_access) put_list(*name, "", true);
    const bool differs_now =
        now.told && (before ? differs(now, *before, *now.told) : now.told->messages > 0);
    if (now.told && (moved || was_no_access) && differs_now && !is_selected(*name))
        put_status(now, *now.told, false);
    return s_.client.status();
}

Status Watch::appear(const MailboxEntry& entry, bool own)
{
    if (Status added = add(entry); !added) return overflow();
    const auto at = known_.find(entry.name.key());
    if (at == known_.end() || own) return success();
    Known& known = at->second;
    if (!known.readable && (known.events & kMessages) != 0) put_no_access(known);
    // A new one is empty; of any other the client knows nothing.
    if (known.told && known.told->messages > 0 && !is_selected(known.name))
        put_status(known, *known.told, false);
    return success();
}

// Keys of names that have changed since: events come one name at a time, and a rename has two. Of
// other servers' names those servers are asked first, so they are left for later.
std::vector<std::string> Watch::changed_meanwhile()
{
    std::vector<std::string> keys;
    const size_t known = events_.size();
    read_events();
    for (size_t i = known; i < events_.size(); ++i) {
        const auto event = mboxlist::event_of(events_[i]);
        if (!event || event->kind != mboxlist::Event::Kind::name || event->own) continue;
        auto name = MailboxName::from_internal(event->what);
        auto entry = name ? s_.directory.lookup(*name) : Result<MailboxEntry>(name.error());
        const std::string key = model::key_of_internal(event->what);
        const auto at = known_.find(key);
        const bool was_here = at != known_.end() && at->second.server.empty();
        if (entry ? is_here(entry->seen()) : was_here) keys.push_back(key);
    }
    return keys;
}

// Keys of what is above and below those that have got another name: of a tree its top is told.
std::vector<std::string> Watch::relatives(const std::vector<Gone>& gone,
                                          const std::vector<MailboxEntry>& come) const
{
    std::vector<std::string> keys;
    std::map<std::string, MailboxName> now;  // by unique id
    for (const MailboxEntry& entry : come)
        if (!entry.uniqueid.empty()) now.emplace(entry.uniqueid, entry.name);
    for (const Gone& one : gone) {
        const auto at = now.find(one.known.uniqueid);
        const MailboxName& old = one.known.name;
        if (at == now.end() || at->second == old) continue;
        const auto above = at->second.parent();
        const auto above_old = old.parent();
        if (above && above_old && at->second.leaf() == old.leaf())
            keys.insert(keys.end(), {above->key(), above_old->key()});
        for (auto below = known_.lower_bound(old.key());
             below != known_.end() && old.is_above(below->second.name); ++below) {
            keys.push_back(below->first);
            if (auto name = below->second.name.with_prefix(old, at->second))
                keys.push_back(name->key());
        }
    }
    return keys;
}

Status Watch::look_at_names(const std::set<std::string>& keys, bool own)
{
    // What changes while servers are asked is an event of its own: they were asked too early.
    const auto state_elsewhere = [this](const std::string& key) -> std::optional<EntryState> {
        auto name = MailboxName::from_key(key);
        auto entry = name ? s_.directory.lookup(*name) : Result<MailboxEntry>(name.error());
        if (!entry || is_here(entry->seen())) return std::nullopt;
        return entry->seen().state;
    };
    std::map<std::string, std::optional<EntryState>> before;
    if (!own && s_.backends != nullptr && !s_.backends->is_relayed())
        for (const std::string& key : keys) before.emplace(key, state_elsewhere(key));
    if (!own) TRY(catch_up_with(keys));
    std::vector<Gone> gone;
    std::vector<MailboxEntry> come;
    std::vector<std::string> work(keys.begin(), keys.end());
    std::set<std::string> looked;
    for (int round = 0; !work.empty(); ++round) {
        for (size_t i = 0; i < work.size() && goes_on(); ++i) {
            const std::string key = work[i];
            if (!looked.insert(key).second) continue;
            const auto at = before.find(key);
            if (at != before.end() && at->second != state_elsewhere(key)) continue;
            const size_t others = work.size();
            const size_t found = gone.size() + come.size();
            TRY(compare(key, own, gone, come, work));
            // The other side of a rename may have been looked at before that was done.
            for (size_t n = others; n < work.size() && gone.size() + come.size() > found; ++n)
                looked.erase(work[n]);
        }
        if (!goes_on()) return success();
        work.clear();
        if (own) break;
        for (const std::string& key : relatives(gone, come))
            if (!looked.contains(key)) work.push_back(key);
        if (round >= kRounds) continue;
        for (const std::string& key : changed_meanwhile()) {
            looked.erase(key);
            work.push_back(key);
        }
    }
    const auto by_name = [](const MailboxEntry& a, const MailboxEntry& b) {
        return a.name < b.name;
    };
    std::sort(come.begin(), come.end(), by_name);
    const auto same_name = [](const MailboxEntry& a, const MailboxEntry& b) {
        return a.name == b.name;
    };
    come.erase(std::unique(come.begin(), come.end(), same_name), come.end());
    std::map<std::string, const Gone*> by_id;
    for (const Gone& one : gone)
        if (!one.known.uniqueid.empty()) by_id[one.known.uniqueid] = &one;
    std::set<std::string> changed;
    std::map<std::string, MailboxName> renamed;  // new key, old name
    std::set<MailboxName> old_names;
    for (const MailboxEntry& entry : come) {
        const auto was = entry.uniqueid.empty() ? by_id.end() : by_id.find(entry.uniqueid);
        const bool is_renamed = was != by_id.end() && was->second->known.name != entry.name;
        if (is_renamed) renamed.emplace(entry.name.key(), was->second->known.name);
        if (is_renamed) old_names.insert(was->second->known.name);
        if (!own && (events_of(entry.name) & kMailboxName) != 0)
            put_come(entry.name, is_renamed ? &was->second->known.name : nullptr, renamed);
        if (!is_renamed) changed.insert(entry.name.key());
        TRY(appear(entry, own));
        if (!goes_on()) return success();
    }
    for (const Gone& one : gone) {
        const MailboxName& name = one.known.name;
        if (old_names.contains(name) || known_.contains(name.key()) || own) continue;
        const bool by_rule = (one.known.events & kMailboxName) != 0;
        if (by_rule) changed.insert(name.key());
        if (by_rule)
            put_list(name, one.hidden ? "\\NonExistent \\NoAccess" : "\\NonExistent", false);
        else if (one.hidden)
            put_list(name, "\\NoAccess", false);
    }
    if (!own) put_parents(changed);
    return s_.client.status();
}

// Of a tree that was renamed its top is told (RFC 5465 5.4).
void Watch::put_come(const MailboxName& name, const MailboxName* old,
                     const std::map<std::string, MailboxName>& renamed,
                     std::string_view attributes)
{
    if (old == nullptr) {
        put_list(name, attributes, true);
        return;
    }
    const auto above = name.parent();
    const auto above_old = old->parent();
    if (above && above_old && name.leaf() == old->leaf()) {
        const auto at = renamed.find(above->key());
        if (at != renamed.end() && at->second == *above_old) return;
    }
    put_list(name, attributes, true, cat(" (\"OLDNAME\" (", wire_name(s_, external(*old)), "))"));
}

// Of what is in the list as it is known nothing more is asked.
Status Watch::look_at_list()
{
    ++looks_;
    std::set<std::string> keys;
    size_t come = 0;
    const Status read = enumerate([&](const MailboxEntry& entry) -> Status {
        const std::string key = entry.name.key();
        const auto at = known_.find(key);
        if (at != known_.end()) at->second.look = looks_;
        const bool is_news = at == known_.end() ? is_watchable(entry)
                                                : entry.other || !is_as_known(at->second, entry);
        if (is_news) keys.insert(key);
        if (at == known_.end() && is_news && ++come > kMaxWatched)
            return Error{Code::limit, "too many mailboxes"};
        return success();
    });
    if (read.is(Code::limit)) return overflow();
    TRY(read);
    for (const auto& [key, known] : known_)
        if (known.look != looks_) keys.insert(key);
    return look_at_names(keys, false);
}

Status Watch::know(const MailboxName& name)
{
    if (groups_.empty()) return success();
    std::set<std::string> keys = {name.key()};
    for (auto at = known_.lower_bound(name.key()); at != known_.end(); ++at) {
        if (at->second.name != name && !name.is_above(at->second.name)) break;
        keys.insert(at->first);
    }
    size_t looked = 0;
    TRY(s_.directory.scan(name.key(), [&](const MailboxEntry& entry) {
        const bool is_below = entry.name == name || name.is_above(entry.name);
        if (!is_below || ++looked > kMaxWatched) return mboxlist::Next::stop();
        keys.insert(entry.name.key());
        return mboxlist::Next::go_on();
    }));
    return look_at_names(keys, true);
}

// Another server has told that: the list here says so in a moment.
void Watch::rename_known(const MailboxName& from, const MailboxName& to)
{
    std::vector<Known> moving;
    for (auto at = known_.lower_bound(from.key()); at != known_.end(); ++at) {
        if (at->second.name != from && !from.is_above(at->second.name)) break;
        moving.push_back(at->second);
    }
    for (Known& known : moving) {
        forget(known.name.key());
        auto name = known.name.with_prefix(from, to);
        if (!name) continue;
        known.name = *std::move(name);
        known.events = events_of(known.name);
        if (known.events == 0) continue;
        forget(known.name.key());
        insert(std::move(known));
    }
}

}  // namespace rookery::imapd
