// SYNCGET: what this server has.
#include "imap/mboxlist/namespace_options.h"
#include "imap/mboxlist/partitions.h"
#include "imap/mboxlist/subscriptions.h"
#include "imap/scripts/scripts.h"
#include "imap/sync/server.h"
#include "imap/sync/unit.h"
#include "lib/base/strings.h"

namespace rookery::sync {

using scripts::Scripts;

namespace {

using model::MailboxEntry;
using model::MailboxName;

}  // namespace

const SyncServer::Verb SyncServer::kGet[] = {
    {"USER", &SyncServer::get_user},
    {"META", &SyncServer::get_meta},
    {"MAILBOXES", &SyncServer::get_mailboxes},
    {"UNIQUEIDS", &SyncServer::get_uniqueids},
    {"FULLMAILBOX", &SyncServer::get_full_mailbox},
    {"QUOTA", &SyncServer::get_quota},
    {"ANNOTATION", &SyncServer::get_annotation},
    {"FETCH", &SyncServer::get_message},
    {"FETCH_SIEVE", &SyncServer::get_script},
    {"ROOM", &SyncServer::get_room},
};

Status SyncServer::get(stream::Stream& peer)
{
    DlistReader reader(peer, true);
    TRY(reader.space());
    TRY_ASSIGN(const std::string name, reader.atom());
    TRY(reader.space());
    TRY_ASSIGN(const Dlist value, reader.value());
    TRY(reader.end_of_line());
    for (const Verb& verb : kGet)
        if (verb.name == name) return (this->*verb.run)(value, peer);
    return Error{Code::syntax, cat("no such SYNCGET: ", name)};
}

Status SyncServer::tell_mailbox(const MailboxEntry& entry, bool records, stream::Stream& peer)
{
    // A mailbox whose first message is on its way has no files yet.
    if (!here_.store.has(entry)) return success();
    TRY_ASSIGN(const mailbox::SyncMailbox box, here_.sync.read(entry, records ? 0 : UINT64_MAX));
    peer.put("* MAILBOX ");
    put_mailbox(peer, entry, box, entry.partition, records, Form::answer);
    peer.put("\r\n");
    return success();
}

Status SyncServer::tell_quota(const MailboxName& name, stream::Stream& peer)
{
    auto root = here_.quotas.root_of(name);
    if (root.is(Code::not_found)) return success();
    if (!root) return std::move(root).error();
    if (*root != name) return success();
    TRY_ASSIGN(const mailbox::Quota quota, here_.quotas.get(name));
    peer.put("* QUOTA ", quota_value(name, quota.limits), "\r\n");
    return success();
}

Status SyncServer::tell_user_data(const std::string& userid, stream::Stream& peer)
{
    TRY_ASSIGN(const auto states, here_.sync.seen_of(userid));
    for (const auto& [uniqueid, seen] : states)
        peer.put("* SEEN ", seen_value(uniqueid, seen, false), "\r\n");
    const mboxlist::Subscriptions subscriptions(here_.config.configdirectory(), userid);
    TRY_ASSIGN(const auto names, subscriptions.names());
    std::vector<std::string> subscribed;
    for (const MailboxName& name : names) subscribed.push_back(name.internal());
    if (!subscribed.empty()) peer.put("* LSUB ", to_list(subscribed), "\r\n");
    TRY_ASSIGN(const Scripts scripts, Scripts::of(here_.config, userid));
    TRY_ASSIGN(const auto list, scripts.list());
    const std::string active = scripts.active();
    auto tell = [&](const Scripts::Script& script, std::string_view suffix, bool is_active) {
        DlistMap map;
        map.add("FILENAME", cat(script.name, suffix));
        map.add("LAST_UPDATE", static_cast<uint64_t>(std::max<int64_t>(script.changed, 0)));
        map.add("ISACTIVE", is_active ? 1u : 0u);
        peer.put("* SIEVE ", std::move(map).finish(), "\r\n");
    };
    for (const Scripts::Script& script : list) {
        tell(script, ".script", false);
        if (script.name == active) tell(script, ".bc", true);
    }
    return success();
}

Result<std::vector<MailboxEntry>> SyncServer::mailboxes_of(const std::string& userid)
{
    const std::string& deletedprefix = here_.config.deletedprefix();
    TRY_ASSIGN(const MailboxName inbox,
               MailboxName::inbox_of(userid, here_.config.defaultdomain()));
    TRY_ASSIGN(auto entries, unit_of(here_.directory, inbox, deletedprefix));
    // It comes in with nobody and goes by cyr_expire: who asks would take it for a copy of his own.
    std::erase_if(entries, [&](const MailboxEntry& entry) {
        return entry.name.is_deleted(deletedprefix) && !entry.is_incoming();
    });
    return entries;
}

Status SyncServer::get_user(const Dlist& value, stream::Stream& peer)
{
    TRY_ASSIGN(const auto entries, mailboxes_of(value.text));
    for (const MailboxEntry& entry : entries) TRY(tell_mailbox(entry, false, peer));
    for (const MailboxEntry& entry : entries) TRY(tell_quota(entry.name, peer));
    return entries.empty() ? success() : tell_user_data(value.text, peer);
}

Status SyncServer::get_meta(const Dlist& value, stream::Stream& peer)
{
    return tell_user_data(value.text, peer);
}

Status SyncServer::get_mailboxes(const Dlist& value, stream::Stream& peer)
{
    for (const std::string& internal : value.strings()) {
        TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(internal));
        auto entry = here_.directory.lookup(name);
        if (entry.is(Code::not_found)) continue;
        if (!entry) return std::move(entry).error();
        if (!entry->is_local() || entry->state == model::EntryState::deleted) continue;
        TRY(tell_mailbox(*entry, false, peer));
    }
    return success();
}

Status SyncServer::get_uniqueids(const Dlist& value, stream::Stream& peer)
{
    const std::vector<std::string> wanted = value.strings();
    std::vector<MailboxEntry> found;
    TRY(here_.directory.scan_server("", [&](const MailboxEntry& entry) {
        if (std::find(wanted.begin(), wanted.end(), entry.uniqueid) != wanted.end())
            found.push_back(entry);
        return found.size() < wanted.size() ? mboxlist::Next::go_on() : mboxlist::Next::stop();
    }));
    for (const MailboxEntry& entry : found) TRY(tell_mailbox(entry, false, peer));
    return success();
}

Status SyncServer::get_full_mailbox(const Dlist& value, stream::Stream& peer)
{
    TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(value.text));
    TRY_ASSIGN(const MailboxEntry entry, here_.directory.lookup(name));
    if (!entry.is_local()) return Error{Code::not_found, "the mailbox is not here"};
    if (entry.is_incoming()) bring(name);
    return tell_mailbox(entry, true, peer);
}

Status SyncServer::get_quota(const Dlist& value, stream::Stream& peer)
{
    TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(value.text));
    return tell_quota(name, peer);
}

Status SyncServer::get_annotation(const Dlist& value, stream::Stream& peer)
{
    TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(value.text));
    TRY_ASSIGN(const MailboxEntry entry, here_.directory.lookup(name));
    mailbox::Annotations* annotations = here_.store.annotations();
    if (!entry.is_local() || annotations == nullptr || !here_.store.has(entry)) return success();
    TRY_ASSIGN(const auto list, annotations->list(entry));
    for (const mailbox::Annotation& annotation : list)
        peer.put("* ANNOTATION ", annotation_value(name, annotation), "\r\n");
    return success();
}

Status SyncServer::get_message(const Dlist& value, stream::Stream& peer)
{
    TRY_ASSIGN(const std::string internal, value.string("MBOXNAME"));
    TRY_ASSIGN(const uint64_t uid, value.number("UID"));
    TRY_ASSIGN(const std::string guid, value.string("GUID"));
    TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(internal));
    TRY_ASSIGN(const MailboxEntry entry, here_.directory.lookup(name));
    if (!entry.is_local() || uid > UINT32_MAX) return Error{Code::not_found, "no such message"};
    TRY_ASSIGN(const auto message, here_.sync.message(entry, static_cast<uint32_t>(uid)));
    const std::string_view bytes = message->bytes();
    peer.put("* MESSAGE %{", entry.partition, ' ', guid, ' ', bytes.size(), "}\r\n", bytes, "\r\n");
    return success();
}

Status SyncServer::get_script(const Dlist& value, stream::Stream& peer)
{
    TRY_ASSIGN(const std::string userid, value.string("USERID"));
    TRY_ASSIGN(const std::string file, value.string("FILENAME"));
    TRY_ASSIGN(const Scripts scripts, Scripts::of(here_.config, userid));
    TRY_ASSIGN(const std::string name, Scripts::name_of(file));
    TRY_ASSIGN(const std::string content, scripts.read(name));
    DlistMap map;
    map.add("USERID", userid).add("FILENAME", file).add("CONTENT", content);
    peer.put("* SIEVE ", std::move(map).finish(), "\r\n");
    return success();
}

// Would these be taken? Nothing is changed, so the answer is of now. A copy that this server moved
// away makes room, which only the master can refuse.
Status SyncServer::get_room(const Dlist& value, stream::Stream&)
{
    const std::string demanded = value.string_or("PARTITION", "");
    if (!demanded.empty() && !mboxlist::has_partition(here_.config, demanded))
        return Error{Code::unsupported, cat("Unknown/invalid partition: ", demanded)};
    const Dlist* mailboxes = value.find("MAILBOX");
    if (mailboxes == nullptr) return Error{Code::syntax, "no MAILBOX"};
    std::set<std::string> coming;
    for (const Dlist& one : mailboxes->items) {
        TRY_ASSIGN(const std::string internal, one.string("MBOXNAME"));
        TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(internal));
        TRY(name.check_creatable());
        TRY(mboxlist::check_local_name(here_.config, name));
        if (demanded.empty()) TRY(place(one.string_or("PARTITION", "")));
        auto there = here_.directory.lookup(name);
        if (!there && !there.is(Code::not_found)) return std::move(there).error();
        if (there) TRY(check_free(*there));
        coming.insert(internal);
    }
    return check_strangers(value.string_or("USERID", ""), coming);
}

// Of the user and here, but not of what comes in: the user would be at two servers.
Status SyncServer::check_strangers(const std::string& userid, const std::set<std::string>& coming)
{
    if (userid.empty()) return success();
    TRY_ASSIGN(const MailboxName inbox,
               MailboxName::inbox_of(userid, here_.config.defaultdomain()));
    TRY_ASSIGN(const auto entries, unit_of(here_.directory, inbox, here_.config.deletedprefix()));
    for (const MailboxEntry& entry : entries)
        if (!coming.contains(entry.name.internal())) TRY(check_free(entry));
    return success();
}

}  // namespace rookery::sync
