// The source's side of a move (local_mailbox_move.cc): what it writes down, and how it is settled.
// Removals of many messages at once (mailbox_writer_remove.cc) are written down in the same place.
#include <algorithm>

#include "imap/store/mailbox_writer.h"
#include "imap/store/record_batch.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

Status MailboxWriter::begin_move(const MoveRecord& record, uint32_t room)
{
    TRY_ASSIGN(const std::string text, record.to_text());
    return note_down(text, room);
}

Status MailboxWriter::note_down(std::string_view text, uint32_t room)
{
    IndexHeader next = committed_;
    next.move_slot = next.records + room;
    TRY(index.write_text(next.move_slot, text));
    TRY(index.write_header(next));
    header.move_slot = committed_.move_slot = next.move_slot;
    return index.sync();
}

std::optional<uint32_t> MailboxWriter::slot_of(uint32_t uid) const
{
    const uint32_t slot = index.lower_bound(uid, header.records);
    if (slot == header.records || index.uid(slot) != uid) return std::nullopt;
    return slot;
}

Status MailboxWriter::expunge(std::span<const uint32_t> uids, uint32_t state)
{
    TRY(index.map_records(header.records));
    const bool broken = std::any_of(uids.begin(), uids.end(), [&](uint32_t uid) {
        const auto slot = slot_of(uid);
        return slot && !index.record(*slot);
    });
    if (broken) TRY(repair());
    const int64_t now = wall_seconds();
    const uint64_t modseq = header.highestmodseq + 1;
    RecordBatch batch(index, [this] { return begin_changes(); });
    for (const uint32_t uid : uids) {
        const auto slot = slot_of(uid);
        if (!slot) continue;
        TRY_ASSIGN(IndexRecord record, index.record(*slot));
        if ((record.state & state) == state) continue;
        if (!record.expunged()) {
            tally(header, record, false);
            record.modseq = modseq;
            record.last_updated = now;
            header.state |= kStateGarbage;
            header.highestmodseq = header.changedmodseq = modseq;
        }
        record.state |= state;
        TRY(batch.add(*slot, record));
    }
    return batch.flush();
}

Status MailboxWriter::finish_move(std::span<const uint32_t> uids, const MoveRecord& record)
{
    if (!uids.empty()) {
        TRY_ASSIGN(const HeaderFile* known, names());
        uint32_t state = kRecordExpunged;
        if (!record.replaces) state |= kRecordMoved;
        if (!record.replaces && known->uniqueid == record.uniqueid) state |= kRecordTakenBack;
        TRY(expunge(uids, state));
        // A disk may write the header first, and who forgets the move must not see them again.
        TRY(index.sync());
    }
    header.move_slot = 0;
    return commit(true);
}

Status MailboxWriter::settle(const PathOptions& paths)
{
    TRY(index.map_records(header.records));
    TRY_ASSIGN(const std::string text, index.read_text(header.move_slot, kMaxMoveRecord));
    return is_removal(text) ? settle_removal(text) : settle_move(paths, text);
}

Status MailboxWriter::settle_move(const PathOptions& paths, std::string_view text)
{
    std::vector<uint32_t> gone;
    auto record = MoveRecord::parse(text);
    // It was never whole, so the target did not commit; or the disk is bad.
    if (!record) log::warning("what a move wrote down is lost", {{"reason", record.error()}});
    if (record) {
        const auto guid = [&](uint32_t uid) {
            const auto slot = slot_of(uid);
            return slot ? std::string(index.guid(*slot)) : std::string();
        };
        TRY_ASSIGN(gone, arrived(paths, *record, guid));
        auto known = names();
        log::notice("a move that was cut short is settled",
                    {{"mailbox", known ? (*known)->name : "?"},
                     {"to", record->name},
                     {"moved", gone.size()}});
    }
    return finish_move(gone, record ? *record : MoveRecord{});
}

}  // namespace rookery::store
