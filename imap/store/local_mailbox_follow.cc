// The view after its mailbox was rebuilt, renamed, put into another partition or removed.
#include <algorithm>

#include "imap/store/local_mailbox.h"
#include "imap/store/mailbox_path.h"

namespace rookery::store {

bool LocalMailbox::is_replaced(const IndexHeader& header) const
{
    // The index of a mailbox that went away is removed too.
    if ((header.state & (kStateDeleted | kStateMoved)) != 0) return elsewhere_;
    return elsewhere_ || index_.replaced();
}

Status LocalMailbox::check_in_place(const IndexHeader& header) const
{
    if ((header.state & kStateLeft) != 0)
        return Error{Code::moved, "mailbox is at another server now"};
    Status present = check_present(header);
    if (present.is(Code::moved)) return Error{Code::not_found, present.error().text};
    return present;
}

bool LocalMailbox::went_away()
{
    if (gone_) return true;
    const auto header = index_.read_header();
    return header && (header->state & (kStateDeleted | kStateMoved)) != 0;
}

Result<MailboxWriter> LocalMailbox::writer()
{
    if (gone_) return Error{Code::not_found, "mailbox is gone"};
    auto lock = locked();
    if (lock.is(Code::moved) && mode_ != mailbox::OpenMode::maildrop) {
        TRY_ASSIGN(const IndexHeader header, index_.read_header());
        const bool to_other_server = (header.state & (kStateFrozen | kStateLeft)) != 0;
        if (!to_other_server) return Error{Code::busy, "mailbox is being renamed"};
    }
    TRY_ASSIGN(MailboxWriter opened, std::move(lock));
    // A maildrop's numbers mean the messages that it had, in the index that it had.
    if (mode_ == mailbox::OpenMode::maildrop) return opened;
    if (opened.header.generation == header_.generation) return opened;
    TRY_ASSIGN(const bool attached, reattach(nullptr));
    if (!attached) return Error{Code::busy, "messages are gone of which the session does not know"};
    return opened;
}

Result<std::string> LocalMailbox::name_now()
{
    TRY_ASSIGN(const IndexHeader header, index_.read_header());
    if ((header.state & kStateLeft) != 0)
        return Error{Code::moved, "mailbox is at another server now"};
    if ((header.state & kStateDeleted) != 0) return Error{Code::not_found, "mailbox was deleted"};
    TRY_ASSIGN(HeaderFile names, HeaderFile::read(directory_.get()));
    if (!entry_.uniqueid.empty() && names.uniqueid != entry_.uniqueid)
        return Error{Code::not_found, "another mailbox has its place"};
    return std::move(names.name);
}

Status LocalMailbox::follow(const model::MailboxEntry& entry)
{
    TRY_ASSIGN(directory_, store_.open_directory(entry));
    if (name_hash_of(entry) != name_hash_of(entry_)) {
        wakeup_.reset();
        wakeup_failed_ = false;
    }
    entry_ = entry;
    elsewhere_ = true;
    return success();
}

// New records begin where the old index ended: a UID below that has had its chance to be told.
Result<bool> LocalMailbox::reattach(mailbox::Changes* changes)
{
    TRY_ASSIGN(IndexFile now, open_index());
    TRY_ASSIGN(const IndexHeader header, now.read_header());
    TRY(check_in_place(header));
    if (header.uidvalidity != header_.uidvalidity)
        return Error{Code::unsupported, "UIDVALIDITY is another one"};
    TRY(now.map_records(header.records));
    SlotMap slots;
    std::vector<uint32_t> gone, gone_uids;
    bool waiting = false;
    slots_.for_each([&](uint32_t sequence, uint32_t slot) {
        const uint32_t uid = index_.uid(slot);
        const uint32_t at = now.lower_bound(uid, header.records);
        const bool known = at < header.records && now.uid(at) == uid;
        const bool expunged = known && (now.state(at) & kRecordExpunged) != 0;
        if (known && !(expunged && changes != nullptr)) {
            slots.append(at);
            waiting = waiting || expunged;
            return;
        }
        gone.push_back(sequence);
        gone_uids.push_back(uid);
    });
    if (!gone.empty() && changes == nullptr) return false;
    TRY_ASSIGN(HeaderFile names, HeaderFile::read(directory_.get()));
    if (names.keywords != keywords_) {
        keywords_ = std::move(names.keywords);
        keywords_told_ = keywords_.size() + 1;
    }
    for (uint32_t& slot : untold_slots_) slot = now.lower_bound(index_.uid(slot), header.records);
    if (changes != nullptr) {
        changes->expunged.assign(gone.rbegin(), gone.rend());
        changes->expunged_uids = std::move(gone_uids);
    }
    header_.records = now.lower_bound(header_.uidnext, header.records);
    header_.generation = header.generation;
    slots_ = std::move(slots);
    index_ = std::move(now);
    expunged_waiting_ = waiting;
    elsewhere_ = false;
    cache_ = CacheFile();
    forget_rendered();
    endings_learnt_ = false;
    return true;
}

mailbox::Changes LocalMailbox::all_gone(bool may_expunge)
{
    mailbox::Changes changes;
    if (!may_expunge) return changes;
    slots_.for_each([&](uint32_t sequence, uint32_t slot) {
        changes.expunged.push_back(sequence);
        changes.expunged_uids.push_back(index_.uid(slot));
    });
    std::reverse(changes.expunged.begin(), changes.expunged.end());
    slots_ = SlotMap();
    changes.recent_changed = recent_count_ != 0;
    recent_count_ = 0;
    return changes;
}

}  // namespace rookery::store
