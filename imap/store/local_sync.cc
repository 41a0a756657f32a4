#include "imap/store/local_sync.h"

#include <fcntl.h>
#include <unistd.h>

#include "config.h"
#include "imap/store/cache_file.h"
#include "imap/store/mailbox_writer.h"
#include "imap/store/message_file.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

using mailbox::SyncMailbox;
using mailbox::SyncRecord;
using mailbox::SyncSeen;
using model::MailboxEntry;

SyncRecord to_sync(const IndexRecord& record)
{
    SyncRecord out;
    out.uid = record.uid;
    out.size = record.size;
    out.internaldate = record.internaldate;
    out.zone_minutes = record.zone_minutes;
    out.system_flags = record.system_flags;
    out.keywords = record.keywords;
    out.modseq = record.modseq;
    out.last_updated = record.last_updated;
    out.save_date = record.save_date;
    out.guid = record.guid;
    out.expunged = record.expunged();
    return out;
}

SyncSeen to_sync(const std::string& userid, const SeenState& state)
{
    return {userid, state.last_read, state.last_uid, state.last_change, state.uids.to_string()};
}

StagedFile& as_file(mailbox::StagedMessage& staged)
{
    auto* file = dynamic_cast<StagedFile*>(&staged);
    if (file == nullptr) panic("a message staged elsewhere");
    return *file;
}

// One merge(): under the mailbox's lock, files first, then records, then the header.
class Merge {
 public:
    Merge(LocalStore& store, MailboxWriter& writer, const SyncMailbox& from, std::string path)
        : store_(store), writer_(writer), from_(from), path_(std::move(path))
    {
    }

    Status run(const mailbox::SyncFiles& files)
    {
        TRY(translate_keywords());
        TRY(writer_.index.map_records(writer_.header.records));
        TRY(sort_out());
        TRY(place_files(files));
        if (!changed_.empty()) TRY(writer_.begin_changes());
        for (const auto& [slot, record] : changed_)
            TRY(writer_.index.write_records(slot, {&record, 1}));
        if (!added_.empty()) TRY(writer_.index.write_records(writer_.header.records, added_));
        IndexHeader& header = writer_.header;
        header.records += static_cast<uint32_t>(added_.size());
        header.highestmodseq = std::max(header.highestmodseq, from_.highestmodseq);
        header.deletedmodseq = std::max(header.deletedmodseq, from_.deletedmodseq);
        header.uidnext = std::max(header.uidnext, from_.last_uid + 1);
        header.recentuid = std::max(header.recentuid, from_.recentuid);
        header.last_append = std::max(header.last_append, from_.last_append);
        header.pop3_last_login = std::max(header.pop3_last_login, from_.pop3_last_login);
        return writer_.commit(true);
    }

 private:
    Status translate_keywords()
    {
        for (const std::string& name : from_.keywords) {
            TRY_ASSIGN(const model::KeywordBits bits, writer_.add_keywords({name}));
            bits_.push_back(bits);
        }
        return success();
    }

    IndexRecord translated(const SyncRecord& given, IndexRecord record) const
    {
        record.uid = given.uid;
        record.size = given.size;
        record.internaldate = given.internaldate;
        record.zone_minutes = given.zone_minutes;
        record.system_flags = given.system_flags;
        record.keywords = {};
        for (size_t bit = 0; bit < bits_.size(); ++bit)
            if (given.keywords[bit]) record.keywords |= bits_[bit];
        record.modseq = given.modseq;
        record.last_updated = given.last_updated;
        record.save_date = given.save_date != 0 ? given.save_date : given.internaldate;
        record.guid = given.guid;
        if (given.expunged) record.state |= kRecordExpunged;
        return record;
    }

    // Which records change and which are new.
    Status sort_out()
    {
        const uint32_t records = writer_.header.records;
        uint32_t last = records > 0 ? writer_.index.uid(records - 1) : 0;
        for (const SyncRecord& given : from_.records) {
            if (given.uid == 0) return Error{Code::corrupt, "a message without a UID"};
            if (given.uid > last) {
                if (records + added_.size() >= kMaxRecords)
                    return Error{Code::limit, "mailbox is full"};
                added_.push_back(translated(given, IndexRecord()));
                last = given.uid;
                continue;
            }
            const uint32_t slot = writer_.index.lower_bound(given.uid, records);
            if (slot == records || writer_.index.uid(slot) != given.uid) {
                if (given.expunged) {
                    // Never seen here, and gone: clients are told of more than that one.
                    IndexHeader& header = writer_.header;
                    header.deletedmodseq = std::max(header.deletedmodseq, given.modseq);
                    continue;
                }
                return Error{Code::corrupt, cat("UID ", given.uid, " came out of order")};
            }
            TRY_ASSIGN(const IndexRecord before, writer_.index.record(slot));
            if (before.guid != given.guid)
                return Error{Code::corrupt, cat("UID ", given.uid, " is another message here")};
            if (before.expunged() && !given.expunged)
                return Error{Code::corrupt, cat("UID ", given.uid, " was expunged here")};
            const IndexRecord after = translated(given, before);
            if (to_sync(after) == to_sync(before)) continue;
            tally(writer_.header, before, false);
            tally(writer_.header, after, true);
            if (after.expunged() && !before.expunged()) writer_.header.state |= kStateGarbage;
            writer_.header.changedmodseq = std::max(writer_.header.changedmodseq, after.modseq);
            changed_.emplace_back(slot, after);
        }
        return success();
    }

    Status place_files(const mailbox::SyncFiles& files)
    {
        CacheFile cache;
        if (auto opened = CacheFile::open(writer_.directory(), true)) cache = *std::move(opened);
        for (IndexRecord& record : added_) {
            tally(writer_.header, record, true);
            if (record.expunged()) {
                record.state |= kRecordUnlinked;
                continue;
            }
            TRY_ASSIGN(const mailbox::SyncFile file, files(record.guid));
            TRY(place(file, record));
            date_file(writer_.directory(), message_name(record.uid), record.internaldate);
            if (file.staged != nullptr)
                TRY(describe(as_file(*file.staged), record, cache));
            else
                TRY(render(record, cache));
        }
        return make_durable();
    }

    Status place(const mailbox::SyncFile& file, const IndexRecord& record)
    {
        const std::string name = message_name(record.uid);
        placed_ = true;
        if (file.staged != nullptr) return as_file(*file.staged).move_to(path_, name);
        TRY_ASSIGN(Fd directory, store_.open_directory(*file.mailbox));
        return place_file(directory.get(), message_name(file.uid), writer_.directory(), name,
                          store_.options().link_messages);
    }

    Status describe(StagedFile& staged, IndexRecord& record, CacheFile& cache)
    {
        TRY_ASSIGN(const MessageFacts facts, staged.finish());
        if (facts.size != record.size)
            return Error{Code::corrupt, cat("UID ", record.uid, " has another size")};
        record.header_size = facts.header_size;
        record.ending = facts.ending;
        TRY_ASSIGN(const std::string entry, staged.cache_entry(nullptr));
        keep(entry, record, cache);
        return success();
    }

    static void keep(const std::string& entry, IndexRecord& record, CacheFile& cache)
    {
        if (entry.empty() || !cache) return;
        auto place = cache.append(entry);
        if (!place) return;  // rendered when it is asked for
        note_cached(record, *place, entry);
    }

    Status render(IndexRecord& record, CacheFile& cache)
    {
        TRY_ASSIGN(auto message, MappedFile::open(writer_.directory(), message_name(record.uid)));
        const std::string_view bytes = message->bytes();
        if (bytes.size() != record.size)
            return Error{Code::corrupt, cat("UID ", record.uid, " has another size")};
        record.header_size = header_size_of(bytes);
        record.ending = ending_of(bytes);
        if (!store_.options().renderer) return success();
        if (auto items = store_.options().renderer(bytes))
            keep(encode_cache_entry(*items, record.guid_bytes()), record, cache);
        return success();
    }

    // What was staged was not synced one by one.
    Status make_durable()
    {
        if (!placed_) return success();
#ifdef HAVE_SYNCFS
        if (::syncfs(writer_.directory()) != 0) return errno_error("syncfs");
#else
        for (const IndexRecord& record : added_) {
            if (record.expunged()) continue;
            const std::string name = message_name(record.uid);
            Fd file(::openat(writer_.directory(), name.c_str(), O_RDONLY | O_CLOEXEC));
            if (!file) return errno_error(name);
            TRY(sync_fd(file.get()));
        }
#endif
        return sync_names(writer_.directory());
    }

    LocalStore& store_;
    MailboxWriter& writer_;
    const SyncMailbox& from_;
    const std::string path_;                // of the mailbox
    std::vector<model::KeywordBits> bits_;  // of from_.keywords, here
    std::vector<std::pair<uint32_t, IndexRecord>> changed_;
    std::vector<IndexRecord> added_;
    bool placed_ = false;
};

}  // namespace

Result<SyncMailbox> LocalSync::read(const MailboxEntry& entry, uint64_t since)
{
    TRY_ASSIGN(Fd directory, store_.open_directory(entry));
    TRY_ASSIGN(IndexFile index, IndexFile::open(directory.get()));
    TRY_ASSIGN(IndexHeader header, index.read_header());
    if (header.move_slot != 0) {
        TRY_ASSIGN(const MailboxWriter writer,
                   MailboxWriter::open(store_.options().paths, directory.get(), name_hash_of(entry),
                                       store_.options().lock_wait));
        header = writer.header;
    }
    TRY_ASSIGN(HeaderFile names, HeaderFile::read(directory.get()));
    if ((header.state & kStateDeleted) != 0) return Error{Code::not_found, "mailbox was deleted"};
    SyncMailbox out;
    out.uidvalidity = header.uidvalidity;
    out.last_uid = header.uidnext - 1;
    out.recentuid = header.recentuid;
    out.highestmodseq = header.highestmodseq;
    out.deletedmodseq = header.deletedmodseq;
    out.last_append = header.last_append;
    out.pop3_last_login = header.pop3_last_login;
    out.special_use = std::move(names.special_use);
    out.keywords = std::move(names.keywords);
    TRY(index.map_records(header.records));
    for (uint32_t slot = 0; slot < header.records; ++slot) {
        if (index.modseq(slot) <= since) continue;
        TRY_ASSIGN(const IndexRecord record, index.record(slot));
        if (record.modseq > since) out.records.push_back(to_sync(record));
    }
    return out;
}

Result<std::unique_ptr<mailbox::Content>> LocalSync::message(const MailboxEntry& entry,
                                                             uint32_t uid)
{
    TRY_ASSIGN(Fd directory, store_.open_directory(entry));
    TRY_ASSIGN(auto file, MappedFile::open(directory.get(), message_name(uid)));
    return std::unique_ptr<mailbox::Content>(std::move(file));
}

Status LocalSync::merge(const MailboxEntry& entry, const SyncMailbox& from,
                        const mailbox::SyncFiles& files)
{
    if (!store_.has(entry)) {
        MailboxEntry made = entry;
        made.uidvalidity = from.uidvalidity;
        auto created = store_.create(made);
        if (!created) return std::move(created).error();
        // What the giver does not tell of expunged messages is not known.
        TRY_ASSIGN(Fd fresh, store_.open_directory(entry));
        TRY_ASSIGN(MailboxWriter writer,
                   MailboxWriter::open(store_.options().paths, fresh.get(), name_hash_of(entry),
                                       store_.options().lock_wait));
        writer.header.deletedmodseq = from.deletedmodseq;
        TRY(writer.commit(false));
    }
    TRY_ASSIGN(Fd directory, store_.open_directory(entry));
    TRY_ASSIGN(MailboxWriter writer,
               MailboxWriter::open(store_.options().paths, directory.get(), name_hash_of(entry),
                                   store_.options().lock_wait));
    TRY_ASSIGN(HeaderFile * names, writer.names());
    if (writer.header.uidvalidity != from.uidvalidity || names->uniqueid != entry.uniqueid)
        return Error{Code::corrupt, "another mailbox of that name is here"};
    const std::string acl = entry.acl.to_string();
    const std::string uses = from.special_use.value_or(names->special_use);
    if (names->acl != acl || names->special_use != uses) {
        names->acl = acl;
        names->special_use = uses;
        TRY(names->write(directory.get()));
    }
    TRY_ASSIGN(std::string path, mailbox_directory(store_.options().paths, entry));
    TRY(Merge(store_, writer, from, std::move(path)).run(files));
    store_.wake_sessions(entry);
    return success();
}

Status LocalSync::expunge(const MailboxEntry& entry, std::span<const uint32_t> uids)
{
    TRY_ASSIGN(Fd directory, store_.open_directory(entry));
    TRY_ASSIGN(MailboxWriter writer,
               MailboxWriter::open(store_.options().paths, directory.get(), name_hash_of(entry),
                                   store_.options().lock_wait));
    const uint32_t records = writer.header.records;
    TRY(writer.index.map_records(records));
    TRY(writer.begin_changes());
    for (const uint32_t uid : uids) {
        const uint32_t slot = writer.index.lower_bound(uid, records);
        if (slot == records || writer.index.uid(slot) != uid) continue;
        TRY_ASSIGN(IndexRecord record, writer.index.record(slot));
        if (record.expunged()) continue;
        tally(writer.header, record, false);
        record.state |= kRecordExpunged;
        writer.header.state |= kStateGarbage;
        TRY(writer.index.write_records(slot, {&record, 1}));
    }
    return writer.commit(true);
}

Result<std::unique_ptr<mailbox::StagedMessage>> LocalSync::stage_exact(const std::string& partition)
{
    TRY_ASSIGN(auto staged, store_.stage_exact(partition));
    return std::unique_ptr<mailbox::StagedMessage>(std::move(staged));
}

Status LocalSync::write_exact(mailbox::StagedMessage& staged, std::string_view bytes)
{
    return as_file(staged).write_exact(bytes);
}

Result<mailbox::Guid> LocalSync::finish(mailbox::StagedMessage& staged)
{
    TRY_ASSIGN(const MessageFacts facts,
               as_file(staged).finish_undurable(store_.options().renderer));
    return facts.guid;
}

Status LocalSync::freeze(const MailboxEntry& entry, bool frozen)
{
    TRY_ASSIGN(Fd directory, store_.open_directory(entry));
    TRY_ASSIGN(MailboxWriter writer,
               MailboxWriter::open(store_.options().paths, directory.get(), name_hash_of(entry),
                                   store_.options().lock_wait, true));
    if (frozen)
        writer.header.state |= kStateFrozen;
    else
        writer.header.state &= ~kStateFrozen;
    return writer.commit(true);
}

Status LocalSync::leave(const MailboxEntry& entry)
{
    TRY_ASSIGN(Fd directory, store_.open_directory(entry));
    auto writer = MailboxWriter::open(store_.options().paths, directory.get(), name_hash_of(entry),
                                      store_.options().lock_wait, true);
    if (writer.is(Code::moved)) return success();  // done before
    if (!writer) return std::move(writer).error();
    writer->header.state |= kStateMoved | kStateLeft;
    TRY(writer->commit(true));
    store_.wake_sessions(entry);
    return success();
}

Result<mailbox::SyncStore::SeenOf> LocalSync::seen_of_mailboxes(
    const std::set<std::string>& uniqueids, int64_t changed_since)
{
    SeenOf found;
    TRY(store_.seen().each_user(
        changed_since, [&](const std::string& user, std::map<std::string, SeenState>& states) {
            for (const auto& [uniqueid, state] : states)
                if (uniqueids.contains(uniqueid))
                    found.emplace_back(uniqueid, to_sync(user, state));
        }));
    return found;
}

Result<std::map<std::string, SyncSeen>> LocalSync::seen_of(const std::string& userid)
{
    TRY_ASSIGN(auto states, store_.seen().all(userid));
    std::map<std::string, SyncSeen> out;
    for (const auto& [uniqueid, state] : states) out.emplace(uniqueid, to_sync(userid, state));
    return out;
}

Status LocalSync::put_seen(const std::string& uniqueid, const SyncSeen& seen, bool replace)
{
    TRY_ASSIGN(const UidSet uids, UidSet::parse(seen.uids));
    return store_.seen().update(seen.userid, uniqueid, [&](SeenState& state) {
        const SeenState before = state;
        if (replace) state.uids = UidSet();
        for (const auto& range : uids.ranges()) state.uids.add_range(range.first, range.last);
        state.last_read = std::max(state.last_read, seen.last_read);
        state.last_uid = std::max(state.last_uid, seen.last_uid);
        return !(state.uids == before.uids) || state.last_read != before.last_read ||
               state.last_uid != before.last_uid;
    });
}

std::unique_ptr<mailbox::SyncStore> make_local_sync(mailbox::MailboxStore& store)
{
    auto* local = dynamic_cast<LocalStore*>(&store);
    if (local == nullptr) panic("a store that is not local");
    return std::make_unique<LocalSync>(*local);
}

}  // namespace rookery::store
