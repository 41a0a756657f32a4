// SYNCAPPLY: what another server wants here.
#include <set>

#include "imap/cluster/list_marks.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/mboxlist/partitions.h"
#include "imap/mboxlist/subscriptions.h"
#include "imap/scripts/scripts.h"
#include "imap/sync/server.h"
#include "imap/sync/unit.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::sync {

using scripts::Scripts;

namespace {

using mailbox::Guid;
using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;

constexpr size_t kMaxStaged = 20'000;
constexpr std::string_view kMailTypes = "el";  // mail, in either of Cyrus' directory layouts
constexpr std::string_view kIntermediate = "i";

Result<MailboxName> name_in(const Dlist& value)
{
    return MailboxName::from_internal(value.text);
}

}  // namespace

const SyncServer::Verb SyncServer::kApply[] = {
    {"CAPABILITIES", &SyncServer::apply_capabilities},
    {"RESERVE", &SyncServer::apply_reserve},
    {"MESSAGE", &SyncServer::nothing},
    {"MAILBOX", &SyncServer::apply_mailbox},
    {"LOCAL_MAILBOX", &SyncServer::apply_mailbox},
    {"RENAME", &SyncServer::apply_rename},
    {"LOCAL_RENAME", &SyncServer::apply_rename},
    {"UNMAILBOX", &SyncServer::apply_unmailbox},
    {"LOCAL_UNMAILBOX", &SyncServer::apply_unmailbox},
    {"UNUSER", &SyncServer::apply_unuser},
    {"LOCAL_UNUSER", &SyncServer::apply_unuser},
    {"EXPUNGE", &SyncServer::apply_expunge},
    {"QUOTA", &SyncServer::apply_quota},
    {"UNQUOTA", &SyncServer::apply_unquota},
    {"SEEN", &SyncServer::apply_seen},
    {"SUB", &SyncServer::apply_sub},
    {"UNSUB", &SyncServer::apply_unsub},
    {"ANNOTATION", &SyncServer::apply_annotation},
    {"UNANNOTATION", &SyncServer::apply_unannotation},
    {"SIEVE", &SyncServer::apply_script},
    {"UNSIEVE", &SyncServer::apply_unscript},
    {"ACTIVATE_SIEVE", &SyncServer::apply_activate},
    {"UNACTIVATE_SIEVE", &SyncServer::apply_unactivate},
};

SyncServer::SyncServer(const LocalSide& here, MakeRoom make_room)
    : here_(here),
      make_room_(std::move(make_room)),
      locks_(here.config),
      bringing_(here.config, cluster::NameLocks::kIncoming)
{
}

SyncServer::~SyncServer() = default;

void SyncServer::restart()
{
    staged_.clear();
    found_.clear();
    active_ids_.reset();
}

Status SyncServer::apply(stream::Stream& peer)
{
    DlistReader reader(peer, true);
    records_ = RecordCollector();
    reader.on_record([this](const Dlist& record) { return records_.add(record); });
    reader.on_file(
        [&](const FileHead& head, stream::Stream& from) { return take_file(head, from); });
    TRY(reader.space());
    TRY_ASSIGN(const std::string name, reader.atom());
    TRY(reader.space());
    TRY_ASSIGN(const Dlist value, reader.value());
    TRY(reader.end_of_line());
    for (const Verb& verb : kApply)
        if (verb.name == name) return (this->*verb.run)(value, peer);
    return Error{Code::syntax, cat("no such SYNCAPPLY: ", name)};
}

Status SyncServer::put(const MailboxEntry& entry)
{
    const auto change = mboxlist::Change::put(entry);
    return here_.directory.commit({&change, 1});
}

Status SyncServer::nothing(const Dlist&, stream::Stream&)
{
    return success();
}

Status SyncServer::apply_capabilities(const Dlist&, stream::Stream& peer)
{
    peer.put("* ENABLED ()\r\n");
    return success();
}

// --- messages

Status SyncServer::take_file(const FileHead& head, stream::Stream& peer)
{
    TRY_ASSIGN(const Guid wanted, parse_guid(head.guid));
    if (staged_.size() >= kMaxStaged) return Error{Code::limit, "too many files at once"};
    TRY_ASSIGN(const std::string partition, place(head.partition));
    TRY_ASSIGN(auto staged, here_.sync.stage_exact(partition));
    uint64_t left = head.size;
    while (left > 0) {
        TRY(peer.peek());
        const std::string_view there = peer.buffered().substr(0, left);
        const size_t n = there.size();
        TRY(here_.sync.write_exact(*staged, there));
        peer.consume(n);
        left -= n;
    }
    TRY_ASSIGN(const Guid guid, here_.sync.finish(*staged));
    if (guid != wanted) return Error{Code::corrupt, "a file that does not fit its GUID"};
    staged_.insert_or_assign(guid, std::move(staged));
    return success();
}

Status SyncServer::apply_reserve(const Dlist& value, stream::Stream& peer)
{
    std::set<Guid> wanted;
    for (const std::string& text : value.strings("GUID")) {
        TRY_ASSIGN(const Guid guid, parse_guid(text));
        if (!staged_.contains(guid) && !found_.contains(guid)) wanted.insert(guid);
    }
    for (const std::string& internal : value.strings("MBOXNAME")) {
        if (wanted.empty()) break;
        TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(internal));
        auto entry = here_.directory.lookup(name);
        if (!entry || !entry->is_local() || entry->state == EntryState::deleted ||
            !here_.store.has(*entry))
            continue;
        TRY_ASSIGN(const mailbox::SyncMailbox box, here_.sync.read(*entry, 0));
        for (const mailbox::SyncRecord& record : box.records)
            if (!record.expunged && wanted.erase(record.guid) > 0)
                found_.emplace(record.guid, Found{*entry, record.uid});
    }
    std::vector<std::string> missing;
    for (const Guid& guid : wanted) missing.push_back(guid_text(guid));
    peer.put("* MISSING ", to_list(missing), "\r\n");
    return success();
}

Result<mailbox::SyncFile> SyncServer::file_of(const Guid& guid) const
{
    mailbox::SyncFile file;
    if (auto staged = staged_.find(guid); staged != staged_.end()) {
        file.staged = staged->second.get();
        return file;
    }
    auto found = found_.find(guid);
    if (found == found_.end()) return Error{Code::corrupt, "a message that was not uploaded"};
    file.mailbox = &found->second.mailbox;
    file.uid = found->second.uid;
    return file;
}

// --- mailboxes

// Another connection may be at it too: then its lock says so.
void SyncServer::bring(const MailboxName& name)
{
    if (brought_.contains(name.internal())) return;
    auto held = bringing_.lock(name, Milliseconds{0});
    if (held) brought_.emplace(name.internal(), *std::move(held));
}

Result<std::string> SyncServer::place(const std::string& partition) const
{
    if (mboxlist::has_partition(here_.config, partition)) return partition;
    return mboxlist::usual_partition(here_.config);
}

Status SyncServer::check_free(const MailboxEntry& there)
{
    if (!there.is_local() || there.state == EntryState::deleted || there.is_incoming())
        return success();
    return Error{there.state == EntryState::active ? Code::exists : Code::busy,
                 cat("a mailbox of that name is here: ", there.name.internal())};
}

// The entry under which a mailbox comes in: found, made, or refused.
Status SyncServer::prepare_entry(MailboxEntry& entry)
{
    TRY(mboxlist::check_local_name(here_.config, entry.name));
    entry.state = EntryState::reserved;
    entry.pending = model::Pending::none;
    bring(entry.name);
    TRY(cluster::set_mark(here_.directory, cluster::kIncomingMark, "1"));
    TRY_ASSIGN(entry.partition, place(entry.partition));
    auto there = here_.directory.lookup(entry.name);
    if (there && there->has_left()) {
        TRY(make_room_(*there));
        there = here_.directory.lookup(entry.name);
    }
    if (!there && !there.is(Code::not_found)) return std::move(there).error();
    if (there && there->has_left())
        return Error{Code::busy,
                     cat("a copy that was moved away is here: ", entry.name.internal())};
    // Until it is in use here, clients of this server find it where it is.
    if (there && !there->seen().is_local())
        entry.elsewhere = {there->seen().server, there->seen().partition};
    if (there && there->is_local() && there->state != EntryState::deleted) {
        TRY(check_free(*there));
        if (there->uniqueid == entry.uniqueid) {
            entry.partition = there->partition;
            if (there->acl == entry.acl) return success();
            return put(entry);
        }
        // What an earlier move left half done.
        TRY(here_.store.remove(*there));
    }
    return put(entry);
}

Status SyncServer::apply_mailbox(const Dlist& value, stream::Stream&)
{
    if (value.string_or("MBOXTYPE", "").find(kIntermediate) != std::string::npos)
        return success();  // a name without a mailbox
    TRY_ASSIGN(MailboxValue given, parse_mailbox(value, records_.take()));
    if (given.type.find_first_not_of(kMailTypes) != std::string::npos)
        return Error{Code::unsupported, cat("a mailbox of type ", given.type)};
    TRY(given.entry.name.check_creatable());
    TRY_ASSIGN(auto held, locks_.lock(given.entry.name));
    TRY(prepare_entry(given.entry));
    return here_.sync.merge(given.entry, given.box,
                            [this](const Guid& guid) { return file_of(guid); });
}

Result<MailboxEntry> SyncServer::lookup_incoming(const std::string& internal)
{
    TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(internal));
    TRY_ASSIGN(MailboxEntry entry, here_.directory.lookup(name));
    if (!entry.is_incoming()) return Error{Code::busy, "the mailbox is not one that comes in"};
    return entry;
}

Status SyncServer::apply_rename(const Dlist& value, stream::Stream&)
{
    TRY_ASSIGN(const std::string from, value.string("OLDMBOXNAME"));
    TRY_ASSIGN(const std::string to, value.string("NEWMBOXNAME"));
    TRY_ASSIGN(const MailboxEntry before, lookup_incoming(from));
    MailboxEntry after = before;
    TRY_ASSIGN(after.name, MailboxName::from_internal(to));
    TRY(after.name.check_creatable());
    const MailboxName names[] = {before.name, after.name};
    TRY_ASSIGN(auto held, locks_.lock(names));
    TRY(prepare_entry(after));
    TRY(here_.store.rename(before, after));
    const auto change = mboxlist::Change::release(before.name);
    return here_.directory.commit({&change, 1});
}

Status SyncServer::remove_incoming(const MailboxEntry& entry)
{
    TRY_ASSIGN(auto held, locks_.lock(entry.name));
    TRY(here_.store.remove(entry));
    const auto change = mboxlist::Change::release(entry.name);
    return here_.directory.commit({&change, 1});
}

Status SyncServer::apply_unmailbox(const Dlist& value, stream::Stream&)
{
    auto entry = lookup_incoming(value.text);
    if (entry.is(Code::not_found)) return success();
    if (!entry) return std::move(entry).error();
    return remove_incoming(*entry);
}

Status SyncServer::apply_unuser(const Dlist& value, stream::Stream&)
{
    TRY_ASSIGN(const auto entries, mailboxes_of(value.text));
    for (const MailboxEntry& entry : entries)
        if (!entry.is_incoming()) return Error{Code::busy, "the user's mailboxes are active here"};
    for (const MailboxEntry& entry : entries) {
        TRY(here_.quotas.remove(entry.name));
        TRY(remove_incoming(entry));
    }
    mboxlist::Subscriptions subscriptions(here_.config.configdirectory(), value.text);
    TRY(subscriptions.remove_all());
    TRY_ASSIGN(Scripts scripts, Scripts::of(here_.config, value.text));
    return scripts.remove_all();
}

Status SyncServer::apply_expunge(const Dlist& value, stream::Stream&)
{
    TRY_ASSIGN(const std::string internal, value.string("MBOXNAME"));
    TRY_ASSIGN(const MailboxEntry entry, lookup_incoming(internal));
    std::vector<uint32_t> uids;
    for (const std::string& text : value.strings("UID")) {
        TRY_ASSIGN(const uint32_t uid, to_number<uint32_t>(text));
        uids.push_back(uid);
    }
    return here_.sync.expunge(entry, uids);
}

// --- annotations

Status SyncServer::annotate(const Dlist& value, bool set)
{
    TRY_ASSIGN(const std::string internal, value.string("MBOXNAME"));
    TRY_ASSIGN(mailbox::Annotation given, parse_annotation(value));
    TRY_ASSIGN(const MailboxEntry entry, lookup_incoming(internal));
    if (given.entry == kSpecialUse)
        return here_.store.set_special_use(entry, set ? given.value : std::string());
    if (here_.store.annotations() == nullptr) return success();
    mailbox::AnnotationChange change{std::move(given.entry), std::move(given.userid), {}};
    if (set) change.value = std::move(given.value);
    return here_.store.annotations()->set(entry, {&change, 1});
}

Status SyncServer::apply_annotation(const Dlist& value, stream::Stream&)
{
    return annotate(value, true);
}

Status SyncServer::apply_unannotation(const Dlist& value, stream::Stream&)
{
    return annotate(value, false);
}

// --- quota, seen, subscriptions

Status SyncServer::apply_quota(const Dlist& value, stream::Stream&)
{
    TRY_ASSIGN(const QuotaValue quota, parse_quota(value));
    return here_.quotas.set(quota.root, quota.limits);
}

Status SyncServer::apply_unquota(const Dlist& value, stream::Stream&)
{
    TRY_ASSIGN(const MailboxName root, name_in(value));
    return here_.quotas.remove(root);
}

// The mailbox may be any: a user brings what was seen in all of them.
Status SyncServer::apply_seen(const Dlist& value, stream::Stream&)
{
    TRY_ASSIGN(const std::string uniqueid, value.string("UNIQUEID"));
    if (uniqueid.empty() || uniqueid.find_first_of(" \r\n") != std::string::npos)
        return Error{Code::syntax, "a UNIQUEID of another form"};
    TRY_ASSIGN(const mailbox::SyncSeen seen, parse_seen(value, ""));
    if (!active_ids_) {
        active_ids_.emplace();
        TRY(here_.directory.scan_server("", [&](const MailboxEntry& entry) {
            if (!entry.is_incoming()) active_ids_->insert(entry.uniqueid);
            return mboxlist::Next::go_on();
        }));
    }
    return here_.sync.put_seen(uniqueid, seen, !active_ids_->contains(uniqueid));
}

Status SyncServer::apply_sub(const Dlist& value, stream::Stream&)
{
    TRY_ASSIGN(const std::string userid, value.string("USERID"));
    TRY_ASSIGN(const std::string internal, value.string("MBOXNAME"));
    TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(internal));
    return mboxlist::Subscriptions(here_.config.configdirectory(), userid).add(name);
}

Status SyncServer::apply_unsub(const Dlist& value, stream::Stream&)
{
    TRY_ASSIGN(const std::string userid, value.string("USERID"));
    TRY_ASSIGN(const std::string internal, value.string("MBOXNAME"));
    TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(internal));
    Status gone = mboxlist::Subscriptions(here_.config.configdirectory(), userid).remove(name);
    return gone.is(Code::not_found) ? success() : gone;
}

// --- scripts

Status SyncServer::apply_script(const Dlist& value, stream::Stream&)
{
    TRY_ASSIGN(const std::string userid, value.string("USERID"));
    TRY_ASSIGN(const std::string file, value.string("FILENAME"));
    if (!Scripts::is_source(file)) return success();  // compiled ones are made here
    TRY_ASSIGN(const std::string content, value.string("CONTENT"));
    TRY_ASSIGN(Scripts scripts, Scripts::of(here_.config, userid));
    TRY_ASSIGN(const std::string name, Scripts::name_of(file));
    return scripts.write(name, content);
}

Status SyncServer::apply_unscript(const Dlist& value, stream::Stream&)
{
    TRY_ASSIGN(const std::string userid, value.string("USERID"));
    TRY_ASSIGN(const std::string file, value.string("FILENAME"));
    TRY_ASSIGN(Scripts scripts, Scripts::of(here_.config, userid));
    TRY_ASSIGN(const std::string name, Scripts::name_of(file));
    return Scripts::is_source(file) ? scripts.remove(name) : success();
}

Status SyncServer::apply_activate(const Dlist& value, stream::Stream&)
{
    TRY_ASSIGN(const std::string userid, value.string("USERID"));
    TRY_ASSIGN(const std::string file, value.string("FILENAME"));
    TRY_ASSIGN(Scripts scripts, Scripts::of(here_.config, userid));
    TRY_ASSIGN(const std::string name, Scripts::name_of(file));
    return scripts.activate(name);
}

Status SyncServer::apply_unactivate(const Dlist& value, stream::Stream&)
{
    TRY_ASSIGN(const std::string userid, value.string("USERID"));
    TRY_ASSIGN(Scripts scripts, Scripts::of(here_.config, userid));
    return scripts.activate("");
}

}  // namespace rookery::sync
