// Mailboxes: what goes over and what is compared. What is around them is in copier_around.cc.
#include "imap/sync/copier.h"

#include <algorithm>

#include "imap/mailbox/annotations.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::sync {

namespace {

using mailbox::SyncMailbox;
using mailbox::SyncRecord;
using model::MailboxEntry;

constexpr size_t kBatchMessages = 512;
constexpr uint64_t kBatchBytes = 8u << 20;
constexpr size_t kPiece = 65536;
constexpr Seconds kSayEvery{5};

std::string fixed_of(const MailboxEntry& entry, const SyncMailbox& box)
{
    return cat(entry.acl.to_string(), '\n', box.special_use.value_or(""), '\n',
               static_cast<uint64_t>(box.pop3_last_login));
}

// What must be the same on both sides, of one message. Keywords by name: bits differ.
std::string keyword_names(const SyncRecord& record, const std::vector<std::string>& names)
{
    std::vector<std::string> set;
    for (size_t bit = 0; bit < names.size(); ++bit)
        if (record.keywords[bit]) set.push_back(to_lower(names[bit]));
    std::sort(set.begin(), set.end());
    std::string out;
    for (const std::string& name : set) cat_to(out, name, ' ');
    return out;
}

bool same(const SyncRecord& a, const SyncRecord& b)
{
    return a.uid == b.uid && a.size == b.size && a.internaldate == b.internaldate &&
           a.system_flags == b.system_flags && a.modseq == b.modseq && a.guid == b.guid;
}

Error differs(const MailboxEntry& entry, std::string_view what)
{
    return {Code::corrupt, cat("the copy of ", entry.name.internal(), " differs: ", what)};
}

}  // namespace

Copier::Copier(const LocalSide& here, SyncClient& there, std::string partition, bool is_new,
               MoveService::Progress progress)
    : here_(here),
      there_(there),
      partition_(std::move(partition)),
      is_new_(is_new),
      progress_(std::move(progress)),
      said_(monotonic_now())
{
}

std::string Copier::partition_of(const MailboxEntry& entry) const
{
    return partition_.empty() ? entry.partition : partition_;
}

void Copier::say(std::string_view what)
{
    if (!progress_ || monotonic_now() - said_ < kSayEvery) return;
    said_ = monotonic_now();
    progress_(cat(what, ": ", copied_, " messages, ", bytes_ / 1024, " kB"));
}

Result<uint64_t> Copier::copy(std::span<const MailboxEntry> entries)
{
    uint64_t sent = 0;
    // INBOX, which comes last, goes first: Cyrus takes no user's mailbox without it.
    for (size_t i = entries.size(); i-- > 0;) {
        const MailboxEntry& entry = entries[i];
        auto done = copy_one(entry);
        if ((done.is(Code::corrupt) || done.is(Code::moved)) && is_own(entry)) {
            // What lies there is of another mailbox, or of an earlier one: from the beginning.
            log::notice("a copy is begun anew",
                        {{"mailbox", entry.name.internal()}, {"reason", done.error()}});
            TRY(remove({&entry, 1}));
            done = copy_one(entry);
        }
        if (!done)
            return Error{done.error().code, cat(entry.name.internal(), ": ", done.error().text)};
        sent += *done;
    }
    return sent;
}

// What the destination has already: of a run that was interrupted, or nothing.
Status Copier::look(const MailboxEntry& entry, Remote& remote)
{
    RecordCollector records;
    std::optional<MailboxValue> value;
    std::string name;
    put_string(name, entry.name.internal());
    Status got = there_.get(
        "FULLMAILBOX", name,
        [&](const std::string& answer, const Dlist& given) -> Status {
            if (answer != "MAILBOX") return success();
            TRY_ASSIGN(value, parse_mailbox(given, records.take()));
            return success();
        },
        [&](const Dlist& record) { return records.add(record); });
    if (!got && !got.is(Code::not_found)) return got;
    remote = Remote{.known = true};
    if (!got || !value) return success();
    const bool same_mailbox = value->entry.uniqueid == entry.uniqueid;
    if (!there_.is_ours() && (is_new_ || !same_mailbox))
        return Error{Code::exists, "a mailbox of that name is at the destination already"};
    // One of ours knows whether it may go.
    if (!same_mailbox) return success();
    if (!partition_.empty() && value->entry.partition != partition_)
        return Error{Code::corrupt, "it is on another partition there"};
    remote.there = true;
    for (const SyncRecord& record : value->box.records) remote.uids.insert(record.uid);
    // Messages that are not here any more, not even as expunged ones, must go there too.
    TRY_ASSIGN(const SyncMailbox box, here_.sync.read(entry, 0));
    if (box.uidvalidity != value->box.uidvalidity)
        return Error{Code::corrupt, "its UIDVALIDITY there is another"};
    std::string uids;
    for (const SyncRecord& record : value->box.records) {
        auto at = std::lower_bound(box.records.begin(), box.records.end(), record.uid,
                                   [](const SyncRecord& r, uint32_t uid) { return r.uid < uid; });
        const bool here = at != box.records.end() && at->uid == record.uid;
        if (!here && !record.expunged) cat_to(uids, uids.empty() ? "" : " ", record.uid);
    }
    if (uids.empty()) return success();
    DlistMap map;
    map.add("MBOXNAME", entry.name.internal()).add("UNIQUEID", entry.uniqueid);
    map.raw("UID", cat('(', uids, ')'));
    return there_.apply("EXPUNGE", std::move(map).finish());
}

// A server takes its default for a partition that it does not have, and does not say so.
Status Copier::check_partition(const MailboxEntry& entry)
{
    if (partition_.empty()) return success();
    bool right = false;
    std::string name;
    put_string(name, entry.name.internal());
    TRY(there_.get("MAILBOXES", cat('(', name, ')'),
                   [&](const std::string& answer, const Dlist& given) -> Status {
                       if (answer != "MAILBOX") return success();
                       TRY_ASSIGN(const MailboxValue value, parse_mailbox(given, {}));
                       right = value.entry.partition == partition_;
                       return success();
                   }));
    if (right) return success();
    return Error{Code::unsupported,
                 cat("Unknown/invalid partition at the destination: ", partition_)};
}

bool Copier::is_own(const MailboxEntry& entry) const
{
    if (there_.is_ours()) return true;
    auto remote = remotes_.find(entry.name.internal());
    return remote != remotes_.end() && remote->second.there;
}

Result<uint64_t> Copier::copy_one(const MailboxEntry& entry)
{
    Remote& remote = remotes_[entry.name.internal()];
    if (!remote.known) TRY(look(entry, remote));
    TRY_ASSIGN(SyncMailbox box, here_.sync.read(entry, remote.sent_to));
    const std::vector<SyncRecord> records = std::move(box.records);
    box.records.clear();
    const std::string fixed = fixed_of(entry, box);
    if (remote.there && records.empty() && remote.sent_to == box.highestmodseq &&
        remote.fixed == fixed)
        return uint64_t{0};
    std::span<const SyncRecord> left = records;
    do {
        // As many as go in one batch, ending with a message.
        size_t n = 0;
        size_t files = 0;
        uint64_t bytes = 0;
        while (n < left.size() && files < kBatchMessages && bytes < kBatchBytes) {
            const SyncRecord& record = left[n++];
            if (record.expunged || remote.uids.contains(record.uid)) continue;
            ++files;
            bytes += record.size;
        }
        const auto batch = left.first(n);
        left = left.subspan(n);
        std::vector<SyncRecord> fresh;
        for (const SyncRecord& record : batch)
            if (!record.expunged && !remote.uids.contains(record.uid)) fresh.push_back(record);
        if (!fresh.empty()) TRY(upload(entry, fresh));
        remote.there = true;
        TRY(send_records(entry, box, batch, left.empty()));
        if (!fresh.empty()) TRY(there_.restart());
        if (!remote.placed) TRY(check_partition(entry));
        remote.placed = true;
        for (const SyncRecord& record : fresh) remote.uids.insert(record.uid);
        copied_ += fresh.size();
        say("copying");
    } while (!left.empty());
    remote.sent_to = box.highestmodseq;
    remote.fixed = fixed;
    return static_cast<uint64_t>(records.size());
}

// RESERVE is not asked: what the destination has of this mailbox is known, and it would look
// through all of it each time.
Status Copier::upload(const MailboxEntry& entry, std::span<const SyncRecord> records)
{
    std::set<mailbox::Guid> sent;
    there_.begin("SYNCAPPLY", "MESSAGE");
    there_.stream().put("(");
    for (const SyncRecord& record : records) {
        if (!sent.insert(record.guid).second) continue;
        if (sent.size() > 1) there_.stream().put(" ");
        TRY(send_file(entry, record));
    }
    there_.stream().put(")");
    return there_.finish();
}

Status Copier::send_file(const MailboxEntry& entry, const SyncRecord& record)
{
    TRY_ASSIGN(const auto message, here_.sync.message(entry, record.uid));
    std::string_view bytes = message->bytes();
    if (bytes.size() != record.size)
        return Error{Code::io, cat("message ", record.uid, " has another size than its record")};
    stream::Stream& to = there_.stream();
    to.put("%{", partition_of(entry), ' ', guid_text(record.guid), ' ', bytes.size(), "}\r\n");
    bytes_ += bytes.size();
    while (!bytes.empty()) {
        to.put(bytes.substr(0, kPiece));
        TRY(to.status());
        bytes.remove_prefix(std::min(bytes.size(), kPiece));
    }
    return success();
}

// box: without its records. last: with it the destination has all up to the mailbox's highest
// modseq. Before, it must not claim more than it was given.
Status Copier::send_records(const MailboxEntry& entry, const SyncMailbox& box,
                            std::span<const SyncRecord> records, bool last)
{
    SyncMailbox part = box;
    part.records.assign(records.begin(), records.end());
    if (!last) {
        part.last_uid = records.back().uid;
        part.highestmodseq = 1;
        for (const SyncRecord& record : records)
            part.highestmodseq = std::max(part.highestmodseq, record.modseq);
        part.highestmodseq = std::min(part.highestmodseq, box.highestmodseq);
    }
    there_.begin("SYNCAPPLY", "LOCAL_MAILBOX");
    put_mailbox(there_.stream(), entry, part, partition_of(entry), true, Form::request);
    return there_.finish();
}

Status Copier::remove(std::span<const MailboxEntry> entries)
{
    Status worst = success();
    for (const MailboxEntry& entry : entries) {
        if (!is_own(entry)) continue;
        std::string name;
        put_string(name, entry.name.internal());
        Status gone = there_.apply("LOCAL_UNMAILBOX", name);
        if (!gone && !gone.is(Code::not_found)) worst = gone;
        remotes_.erase(entry.name.internal());
    }
    return worst;
}

Status Copier::compare(std::span<const MailboxEntry> entries, const std::string& userid)
{
    for (const MailboxEntry& entry : entries) {
        TRY(compare_one(entry));
        TRY_ASSIGN(const AnnotationMap here, annotations_here(entry));
        TRY_ASSIGN(const AnnotationMap there, annotations_there(entry));
        if (here != there) return differs(entry, "its annotations");
        say("comparing");
    }
    TRY(compare_seen(entries));
    return userid.empty() ? success() : compare_user(userid);
}

// The destination's records pass by and are compared one by one; none is held.
Status Copier::compare_one(const MailboxEntry& entry)
{
    TRY_ASSIGN(const SyncMailbox box, here_.sync.read(entry, 0));
    std::vector<SyncRecord> live;
    for (const SyncRecord& record : box.records)
        if (!record.expunged) live.push_back(record);
    size_t at = 0;
    Status difference = success();
    auto on_record = [&](const Dlist& value) -> Status {
        if (!difference) return success();
        RecordCollector one;
        TRY(one.add(value));
        const SyncMailbox parsed = one.take();
        const SyncRecord& record = parsed.records.front();
        if (record.expunged) return success();
        if (at == live.size())
            difference = differs(entry, cat("UID ", record.uid, " is only there"));
        else if (live[at].uid != record.uid)
            difference = differs(entry, cat("UID ", std::min(live[at].uid, record.uid)));
        else if (!same(live[at], record) ||
                 keyword_names(live[at], box.keywords) != keyword_names(record, parsed.keywords))
            difference = differs(entry, cat("the record of UID ", record.uid));
        ++at;
        return success();
    };
    bool answered = false;
    auto on_answer = [&](const std::string& answer, const Dlist& value) -> Status {
        if (answer != "MAILBOX") return success();
        answered = true;
        TRY_ASSIGN(const MailboxValue there, parse_mailbox(value, {}));
        if (there.box.uidvalidity != box.uidvalidity)
            difference = differs(entry, "UIDVALIDITY");
        else if (there.box.last_uid != box.last_uid)
            difference = differs(entry, "UIDNEXT");
        else if (there.box.highestmodseq < box.highestmodseq)
            difference = differs(entry, "HIGHESTMODSEQ");
        else if (there.entry.uniqueid != entry.uniqueid)
            difference = differs(entry, "its unique identifier");
        else if (!(there.entry.acl == entry.acl))
            difference = differs(entry, "ACL");
        return success();
    };
    std::string name;
    put_string(name, entry.name.internal());
    TRY(there_.get("FULLMAILBOX", name, on_answer, on_record));
    TRY(std::move(difference));
    if (!answered) return differs(entry, "it is not there");
    if (at != live.size()) return differs(entry, cat(live.size() - at, " messages are not there"));
    return success();
}

}  // namespace rookery::sync
