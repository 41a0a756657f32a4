// What changed since the last look: by modseq, so that nothing is kept per message.
#include <algorithm>

#include "imap/store/local_mailbox.h"

namespace rookery::store {

Result<mailbox::Changes> LocalMailbox::refresh(bool may_expunge)
{
    mailbox::Changes changes;
    if (gone_) return all_gone(may_expunge);
    TRY_ASSIGN(IndexHeader header, index_.read_header());
    if (is_replaced(header)) {
        const auto attached = reattach(may_expunge ? &changes : nullptr);
        // There is none, or none that is whole: who repairs it is not done yet.
        if (attached.is(Code::corrupt)) return changes;
        if (!attached) return attached.error();
        if (!*attached) return changes;
        TRY_ASSIGN(header, index_.read_header());
    }
    TRY(check_in_place(header));
    if (header.move_slot != 0) TRY(settle_move(header));
    UidSet recent_known = recent_;
    TRY(claim_recent(header));
    bool claimed = !(recent_ == recent_known);
    TRY(index_.map_records(header.records));
    if (header.keywords > keywords_.size()) {
        TRY_ASSIGN(HeaderFile names, HeaderFile::read(directory_.get()));
        keywords_ = std::move(names.keywords);
    }
    changes.keywords_changed = keywords_.size() != keywords_told_;
    keywords_told_ = keywords_.size();

    std::vector<uint32_t> slots;  // with other flags
    find_changed(header, slots);
    TRY(find_seen_elsewhere(slots));
    if (may_expunge && expunged_waiting_) drop_expunged(changes);
    uint32_t exists_kept = slots_.size();
    uint32_t recent_before = recent_count_;
    TRY(add_new(header));
    header_ = header;
    if (!expunged_waiting_) reported_modseq_ = header.highestmodseq;
    changes.exists_changed = slots_.size() != exists_kept;
    if (claimed || changes.exists_changed || !changes.expunged.empty()) count_recent();
    changes.recent_changed = recent_count_ != recent_before;

    std::sort(slots.begin(), slots.end());
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
    for (uint32_t slot : slots)
        if (uint32_t n = slots_.sequence_of_slot(slot); n != 0) changes.flags.push_back(n);
    return changes;
}

// A move out of here is under way, or was cut short: what comes of it is told, not what it began.
Status LocalMailbox::settle_move(IndexHeader& header)
{
    auto settled = writer();
    if (!settled) return success();  // later
    header = settled->header;
    return check_in_place(header);
}

Status LocalMailbox::claim_recent(IndexHeader& header)
{
    if (header.recentuid + 1 >= header.uidnext) return success();
    if (mode_ == mailbox::OpenMode::maildrop) return success();
    if (mode_ == mailbox::OpenMode::read_only) {
        recent_.add_range(header.recentuid + 1, header.uidnext - 1);
        return success();
    }
    auto opened = writer();
    const bool later = opened.is(Code::busy) || opened.is(Code::moved) ||
                       opened.is(Code::not_found) || (header.state & kStateFrozen) != 0;
    if (later) return success();
    if (!opened) return std::move(opened).error();
    IndexHeader& newest = opened->header;
    uint32_t first = newest.recentuid + 1;
    uint32_t last = newest.uidnext - 1;
    newest.recentuid = last;
    // Not synced: after a power failure a message may be \Recent twice, never not at all.
    TRY(opened->commit(false));
    recent_.add_range(first, last);
    header = newest;
    return success();
}

void LocalMailbox::find_changed(const IndexHeader& header, std::vector<uint32_t>& slots)
{
    std::sort(told_.begin(), told_.end());
    slots = std::move(untold_slots_);
    untold_slots_.clear();
    std::erase_if(slots, [&](uint32_t slot) { return was_told(slot); });
    uint64_t known = header_.highestmodseq;
    if (header.changedmodseq > known) {
        slots_.for_each([&](uint32_t, uint32_t slot) {
            uint64_t modseq = index_.modseq(slot);
            if (modseq <= known) return;
            if ((index_.state(slot) & kRecordExpunged) != 0)
                expunged_waiting_ = true;
            else if (std::find(own_modseqs_.begin(), own_modseqs_.end(), modseq) ==
                         own_modseqs_.end() &&
                     !was_told(slot))
                slots.push_back(slot);
        });
    }
    own_modseqs_.clear();
    told_.clear();
}

bool LocalMailbox::was_told(uint32_t slot) const
{
    return std::binary_search(told_.begin(), told_.end(), Told{slot, index_.modseq(slot)});
}

// Noted only where refresh() would report it: nothing is kept of a FETCH of all messages.
void LocalMailbox::told(uint32_t sequence, uint64_t modseq)
{
    if (modseq <= header_.highestmodseq) return;
    const bool own =
        std::find(own_modseqs_.begin(), own_modseqs_.end(), modseq) != own_modseqs_.end();
    if (own && untold_slots_.empty()) return;
    const uint32_t slot = slots_.slot(sequence);
    const model::KeywordBits keywords = index_.newest(slot).keywords;
    // One that has no name here yet was left out.
    if ((keywords >> std::min(keywords_.size(), keywords.size())).any()) return;
    told_.push_back({slot, modseq});
}

Status LocalMailbox::find_seen_elsewhere(std::vector<uint32_t>& slots) const
{
    if (seen_in_index_) return success();
    uint64_t stamp = store_.seen().stamp(userid_);
    if (stamp == seen_stamp_) return success();
    TRY_ASSIGN(SeenState state, store_.seen().get(userid_, entry_.uniqueid));
    slots_.for_each([&](uint32_t, uint32_t slot) {
        uint32_t uid = index_.uid(slot);
        if (seen_.contains(uid) != state.uids.contains(uid)) slots.push_back(slot);
    });
    seen_ = std::move(state.uids);
    seen_stamp_ = stamp;
    return success();
}

void LocalMailbox::drop_expunged(mailbox::Changes& changes)
{
    std::vector<uint32_t> gone;
    slots_.for_each([&](uint32_t sequence, uint32_t slot) {
        if ((index_.state(slot) & kRecordExpunged) == 0) return;
        gone.push_back(sequence);
        changes.expunged_uids.push_back(index_.uid(slot));
    });
    slots_.remove(gone);
    // Behind those that reattach() found, whose numbers are not counted here any more.
    changes.expunged.insert(changes.expunged.end(), gone.rbegin(), gone.rend());
    std::sort(changes.expunged_uids.begin(), changes.expunged_uids.end());
    expunged_waiting_ = false;
}

Status LocalMailbox::add_new(const IndexHeader& header)
{
    TRY(index_.map_records(header.records));
    for (uint32_t slot = header_.records; slot < header.records; slot++)
        if ((index_.state(slot) & kRecordExpunged) == 0) slots_.append(slot);
    return success();
}

void LocalMailbox::count_recent()
{
    recent_count_ = 0;
    for (const UidSet::Range& range : recent_.ranges()) {
        uint32_t slot = index_.lower_bound(range.first, header_.records);
        for (; slot < header_.records && index_.uid(slot) <= range.last; slot++)
            if (slots_.sequence_of_slot(slot) != 0) recent_count_++;
    }
}

}  // namespace rookery::store
