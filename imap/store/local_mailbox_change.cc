// What a session changes: flags, \Seen, expunge, copies.
#include <sys/stat.h>

#include <algorithm>

#include "imap/store/local_mailbox.h"
#include "imap/store/message_file.h"
#include "imap/store/record_batch.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

constexpr uint32_t kAllSystemFlags =
    model::kAnswered | model::kFlagged | model::kDeleted | model::kDraft | model::kSeen;

}  // namespace

// All records that change get one new modseq; the counts in the header follow each; records first,
// then the header, whose commit makes them count. Expunged ones and those that the condition leaves
// out are passed over. Records that others changed and this session was not told of yet are noted:
// its own modseq would hide them. A damaged record has the index repaired first.
Result<std::vector<uint32_t>> LocalMailbox::change_records(MailboxWriter& writer,
                                                           std::span<const uint32_t> sequences,
                                                           bool durable, const Change& change,
                                                           mailbox::StoreCondition* condition)
{
    if (writer.header.generation != header_.generation)
        return Error{Code::moved, "mailbox was rebuilt"};
    TRY(writer.index.map_records(writer.header.records));
    std::vector<uint32_t> altered;
    uint64_t modseq = writer.header.highestmodseq + 1;
    int64_t now = wall_seconds();
    RecordBatch batch(writer.index, [&] { return writer.begin_changes(); });
    std::vector<uint32_t> ordered(sequences.begin(), sequences.end());
    std::sort(ordered.begin(), ordered.end());
    ordered.erase(std::unique(ordered.begin(), ordered.end()), ordered.end());
    const bool broken = std::any_of(ordered.begin(), ordered.end(), [&](uint32_t n) {
        return n != 0 && n <= slots_.size() && !writer.index.record(slots_.slot(n));
    });
    if (broken) {
        TRY(writer.repair());
        modseq = writer.header.highestmodseq + 1;
    }
    for (uint32_t sequence : ordered) {
        if (sequence == 0 || sequence > slots_.size()) continue;
        uint32_t slot = slots_.slot(sequence);
        TRY_ASSIGN(const IndexRecord before, writer.index.record(slot));
        IndexRecord record = before;
        if (before.expunged()) continue;
        if (condition != nullptr && before.modseq > condition->unchanged_since) {
            condition->modified.push_back(sequence);
            continue;
        }
        if (!change(record, writer.header)) continue;
        bool own = std::find(own_modseqs_.begin(), own_modseqs_.end(), before.modseq) !=
                   own_modseqs_.end();
        if (before.modseq > header_.highestmodseq && !own) untold_slots_.push_back(slot);
        record.modseq = modseq;
        record.last_updated = now;
        TRY(batch.add(slot, record));
        tally(writer.header, before, false);
        tally(writer.header, record, true);
        altered.push_back(sequence);
    }
    if (altered.empty()) return altered;
    TRY(batch.flush());
    writer.header.highestmodseq = writer.header.changedmodseq = modseq;
    TRY(writer.commit(durable));
    own_modseqs_.push_back(modseq);
    return altered;
}

// Flags are in the index and change there in one step, but \Seen, which is there only for the
// owner. For everybody else it is kept by user, and its change shows in the index as a new modseq,
// later: whoever sees the modseq finds the flag (message()).
Result<std::vector<uint32_t>> LocalMailbox::store_flags(std::span<const uint32_t> sequences,
                                                        mailbox::FlagChange how,
                                                        const model::FlagList& flags,
                                                        mailbox::StoreCondition* condition)
{
    using mailbox::FlagChange;
    uint32_t mask = seen_in_index_ ? kAllSystemFlags : kAllSystemFlags & ~model::kSeen;
    uint32_t system = flags.system & mask;
    // Held to the end: a mailbox that is frozen meanwhile gets all of the change or none.
    TRY_ASSIGN(MailboxWriter writer, this->writer());
    TRY_ASSIGN(model::KeywordBits bits, how == FlagChange::remove
                                            ? writer.find_keywords(flags.keywords)
                                            : writer.add_keywords(flags.keywords));
    const bool names_seen = (flags.system & model::kSeen) != 0;
    const bool by_user = !seen_in_index_ && (names_seen || how == FlagChange::replace);
    const bool seen = names_seen && how != FlagChange::remove;
    UidSet seen_changed;
    if (by_user) {
        TRY_ASSIGN(seen_changed, seen_by_user(writer, sequences, seen, condition));
    }
    auto change = [&](IndexRecord& record, const IndexHeader&) {
        uint32_t system_before = record.system_flags;
        model::KeywordBits keywords_before = record.keywords;
        switch (how) {
            case FlagChange::replace:
                record.system_flags = (record.system_flags & ~mask) | system;
                record.keywords = bits;
                break;
            case FlagChange::add:
                record.system_flags |= system;
                record.keywords |= bits;
                break;
            case FlagChange::remove:
                record.system_flags &= ~system;
                record.keywords &= ~bits;
                break;
        }
        return seen_changed.contains(record.uid) || record.system_flags != system_before ||
               record.keywords != keywords_before;
    };
    TRY_ASSIGN(std::vector<uint32_t> altered,
               change_records(writer, sequences, true, change, condition));
    if (writer.header.keywords > keywords_.size()) {
        TRY_ASSIGN(HeaderFile * names, writer.names());
        keywords_ = names->keywords;
    }
    if (!altered.empty()) store_.wake_sessions(entry_);
    return altered;
}

// What other sessions of this user changed is told by the next refresh(), whatever was told of
// these messages before.
Status LocalMailbox::read_seen() const
{
    std::vector<uint32_t> slots;
    TRY(find_seen_elsewhere(slots));
    std::erase_if(told_, [&](const Told& t) {
        return std::binary_search(slots.begin(), slots.end(), t.slot);
    });
    untold_slots_.insert(untold_slots_.end(), slots.begin(), slots.end());
    return success();
}

Result<UidSet> LocalMailbox::seen_by_user(MailboxWriter& writer,
                                          std::span<const uint32_t> sequences, bool seen,
                                          const mailbox::StoreCondition* condition)
{
    TRY(writer.index.map_records(writer.header.records));
    TRY(read_seen());
    UidSet changed;
    for (const uint32_t sequence : sequences) {
        if (sequence == 0 || sequence > slots_.size()) continue;
        const uint32_t slot = slots_.slot(sequence);
        const auto record = writer.index.record(slot);  // one that is broken is made again later
        if (record && record->expunged()) continue;
        if (record && condition != nullptr && record->modseq > condition->unchanged_since) continue;
        if (seen_.contains(index_.uid(slot)) != seen) changed.add(index_.uid(slot));
    }
    if (changed.empty()) return changed;
    const std::vector<uint32_t> uids = numbers_of(changed);
    TRY(store_.seen().update(userid_, entry_.uniqueid, [&](SeenState& state) {
        for (uint32_t uid : uids) {
            if (seen)
                state.uids.add(uid);
            else
                state.uids.remove(uid);
            state.last_uid = std::max(state.last_uid, uid);
        }
        state.last_read = wall_seconds();
        return true;
    }));
    for (uint32_t uid : uids) {
        if (seen)
            seen_.add(uid);
        else
            seen_.remove(uid);
    }
    return changed;
}

Status LocalMailbox::mark_seen(std::span<const uint32_t> sequences)
{
    if (mode_ == mailbox::OpenMode::read_only) return success();
    std::vector<uint32_t> unseen;
    for (uint32_t sequence : sequences)
        if (sequence != 0 && sequence <= slots_.size() && !is_seen(slots_.slot(sequence)))
            unseen.push_back(sequence);
    if (unseen.empty()) return success();
    auto opened = this->writer();
    if (!opened) {
        TRY_ASSIGN(const IndexHeader now, index_.read_header());
        if ((now.state & kStateFrozen) != 0) return success();  // it is read all the same
        return std::move(opened).error();
    }
    UidSet by_user;
    if (!seen_in_index_) {
        TRY_ASSIGN(by_user, seen_by_user(*opened, unseen, true, nullptr));
    }
    auto change = [&](IndexRecord& record, const IndexHeader&) {
        if (!seen_in_index_) return by_user.contains(record.uid);
        const bool before = (record.system_flags & model::kSeen) != 0;
        record.system_flags |= model::kSeen;
        return !before;
    };
    // By user it is durable anyhow, and its modseq with it.
    TRY(change_records(*opened, unseen, !seen_in_index_, change));
    store_.wake_sessions(entry_);
    return success();
}

Result<std::vector<uint32_t>> LocalMailbox::expunge(const model::SequenceSet* uids)
{
    std::vector<uint32_t> candidates;
    slots_.for_each([&](uint32_t sequence, uint32_t slot) {
        if ((index_.flags(slot) & model::kDeleted) == 0) return;
        if (uids == nullptr || uids->contains(index_.uid(slot))) candidates.push_back(sequence);
    });
    std::vector<uint32_t> removed;
    if (candidates.empty()) return removed;
    {
        TRY_ASSIGN(MailboxWriter writer, this->writer());
        writer.header.state |= kStateGarbage;
        auto change = [](IndexRecord& record, const IndexHeader&) {
            if ((record.system_flags & model::kDeleted) == 0) return false;
            record.state |= kRecordExpunged;
            return true;
        };
        TRY_ASSIGN(std::vector<uint32_t> gone, change_records(writer, candidates, true, change));
        for (uint32_t sequence : gone) removed.push_back(index_.uid(slots_.slot(sequence)));
    }
    if (removed.empty()) return removed;
    expunged_waiting_ = true;
    store_.wake_sessions(entry_);
    return removed;
}

Status LocalMailbox::remove(const model::SequenceSet& uids)
{
    std::vector<uint32_t> gone;
    slots_.for_each([&](uint32_t, uint32_t slot) {
        if (uids.contains(index_.uid(slot))) gone.push_back(index_.uid(slot));
    });
    if (gone.empty()) return success();
    {
        TRY_ASSIGN(MailboxWriter writer, this->writer());
        if (writer.header.generation != header_.generation)
            return Error{Code::moved, "mailbox was rebuilt"};
        TRY(writer.remove(gone));
    }
    expunged_waiting_ = true;
    store_.wake_sessions(entry_);
    return success();
}

// A copy of a damaged message would be a second one.
Status LocalMailbox::check_file(const IndexRecord& record)
{
    struct stat st {};
    if (::fstatat(directory_.get(), message_name(record.uid).c_str(), &st, 0) != 0) {
        const Error why = errno_error(message_name(record.uid));
        return record.expunged() || went_away() ? why : damaged(record.uid, why.text);
    }
    const auto size = static_cast<uint64_t>(st.st_size);
    if (size == record.size) return success();
    return damaged(record.uid, cat(size, " bytes instead of ", record.size));
}

Result<std::vector<NewMessage>> LocalMailbox::copies_of(std::span<const uint32_t> sequences,
                                                        const model::FlagFilter& settable)
{
    std::vector<NewMessage> messages;
    auto cache = CacheFile::open(directory_.get(), false);
    for (uint32_t sequence : sequences) {
        if (sequence == 0 || sequence > slots_.size())
            return Error{Code::not_found, "no message of that number"};
        looked_at(messages.size(), sequences.size());
        uint32_t slot = slots_.slot(sequence);
        TRY_ASSIGN(IndexRecord record, index_.record(slot));
        TRY(check_file(record));
        NewMessage message;
        message.from_directory = directory_.get();
        message.from = message_name(record.uid);
        message.record = record;
        message.record.system_flags &= ~model::kSeen;
        if (is_seen(slot)) message.record.system_flags |= model::kSeen;
        message.record.system_flags &= settable.system;
        for (size_t bit = 0; bit < keywords_.size() && settable.keywords; bit++)
            if (record.keywords[bit]) message.keywords.push_back(keywords_[bit]);
        if (cache && record.cache_offset != 0) {
            auto entry = cache->read({record.cache_offset, record.cache_size});
            if (entry && decode_cache_entry(*entry, record.guid_bytes()))
                message.cache_entry = *std::move(entry);
        }
        messages.push_back(std::move(message));
    }
    return messages;
}

MailboxWriter::Placing LocalMailbox::placing(uint64_t messages) const
{
    if (!progressed_) return nullptr;
    return [this, messages](uint64_t message) { progressed_(messages + message, 2 * messages); };
}

Result<mailbox::AppendResult> LocalMailbox::copy_to(const model::MailboxEntry& to,
                                                    const std::string& userid,
                                                    std::span<const uint32_t> sequences,
                                                    const model::FlagFilter& settable)
{
    TRY_ASSIGN(std::vector<NewMessage> messages, copies_of(sequences, settable));
    return store_.append_files(to, userid, messages, placing(messages.size()));
}

}  // namespace rookery::store
