// The view: opening it, reading from it.
#include "imap/store/local_mailbox.h"

#include <errno.h>

#include <algorithm>

#include "imap/mboxlist/events.h"
#include "imap/store/message_file.h"
#include "imap/store/record_batch.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

Result<std::unique_ptr<LocalMailbox>> LocalMailbox::open(MailboxAccess& store,
                                                         const model::MailboxEntry& entry,
                                                         const std::string& userid,
                                                         mailbox::OpenMode mode)
{
    std::unique_ptr<LocalMailbox> view(new LocalMailbox(store, entry, userid, mode));
    TRY_ASSIGN(view->directory_, store.open_directory(entry));
    TRY(view->attach());
    Status loaded = view->load();
    if (loaded.is(Code::corrupt)) loaded = view->load_locked();
    if (!loaded) return std::move(loaded).error();
    auto changes = view->refresh(true);  // takes what is \Recent
    if (!changes) return std::move(changes).error();
    return view;
}

LocalMailbox::LocalMailbox(MailboxAccess& store, const model::MailboxEntry& entry,
                           std::string userid, mailbox::OpenMode mode)
    : store_(store),
      entry_(entry),
      userid_(std::move(userid)),
      mode_(mode),
      seen_in_index_(store::seen_in_index(entry, userid_))
{
}

LocalMailbox::~LocalMailbox()
{
    if (index_.fd() >= 0) keep_rendered();
    if (!store_.options().expunge_immediately || index_.fd() < 0) return;
    auto header = index_.read_header();
    bool garbage = header && (header->state & kStateGarbage) != 0;
    index_ = IndexFile();  // and with it the lock that keeps the files
    if (!garbage) return;
    auto last = MailboxWriter::open(store_.options().paths, directory_.get(), name_hash_of(entry_),
                                    Milliseconds(0));
    if (!last) return;  // whoever has it does the same
    auto collected = last->collect(INT64_MAX, false);
    if (!collected) log::warning("expunged messages stay", {{"reason", collected.error()}});
}

Result<IndexFile> LocalMailbox::open_index() const
{
    constexpr int kAttempts = 10;
    for (int i = 0; i < kAttempts; i++) {
        TRY_ASSIGN(IndexFile index, IndexFile::open(directory_.get()));
        TRY(lock_descriptor(index.fd(), false, store_.options().lock_wait));
        if (!index.replaced()) return index;
    }
    return Error{Code::busy, "index is being replaced"};
}

Status LocalMailbox::attach()
{
    TRY_ASSIGN(index_, open_index());
    return success();
}

Status LocalMailbox::check_present(const IndexHeader& header) const
{
    if ((header.state & kStateDeleted) != 0) return Error{Code::not_found, "mailbox was deleted"};
    if ((header.state & kStateMoved) != 0 || header.name_hash != name_hash_of(entry_))
        return Error{Code::moved, "mailbox was renamed"};
    return success();
}

Result<MailboxWriter> LocalMailbox::locked() const
{
    return MailboxWriter::open(store_.options().paths, directory_.get(), name_hash_of(entry_),
                               store_.options().lock_wait);
}

// With nobody writing: what a crash has left is put right, what a writer had in hand is finished.
Status LocalMailbox::load_locked()
{
    TRY_ASSIGN(MailboxWriter holder, locked());
    TRY(attach());
    Status loaded = load();
    if (!loaded.is(Code::corrupt)) return loaded;
    TRY(holder.repair());
    TRY(attach());
    return load();
}

Status LocalMailbox::load()
{
    auto read = index_.read_header();
    if (read.is(Code::unsupported)) return Error{Code::corrupt, read.error().text};
    if (!read) return std::move(read).error();
    IndexHeader header = *read;
    TRY(check_present(header));
    if (index_.replaced()) return Error{Code::moved, "mailbox was rebuilt"};
    if (header.move_slot != 0) return Error{Code::corrupt, "a move is not settled"};
    slots_ = SlotMap();
    header_ = IndexHeader();
    TRY(add_new(header));
    IndexHeader counted;
    for (uint32_t slot = 0; slot < header.records; slot++) {
        TRY_ASSIGN(IndexRecord record, index_.record(slot));
        tally(counted, record, true);
    }
    TRY_ASSIGN(IndexHeader after, index_.read_header());
    bool right = counted.exists == header.exists && counted.unseen == header.unseen &&
                 counted.size == header.size;
    if ((!right || (header.state & kStateDirty) != 0) && after == header)
        return Error{Code::corrupt, "index counts are wrong"};
    header_ = header;
    auto names = HeaderFile::read(directory_.get());
    // A newer version is nothing that a client could do anything about: reconstruct can.
    if (names.is(Code::unsupported)) return Error{Code::corrupt, names.error().text};
    if (!names) return std::move(names).error();
    keywords_ = std::move(names->keywords);
    keywords_told_ = keywords_.size();
    if (!seen_in_index_) {
        seen_stamp_ = store_.seen().stamp(userid_);
        TRY_ASSIGN(SeenState seen, store_.seen().get(userid_, entry_.uniqueid));
        seen_ = std::move(seen.uids);
    }
    return success();
}

bool LocalMailbox::is_seen(uint32_t slot) const
{
    if (seen_in_index_) return (index_.flags(slot) & model::kSeen) != 0;
    return seen_.contains(index_.uid(slot));
}

uint32_t LocalMailbox::first_unseen() const
{
    for (uint32_t n = 1; n <= slots_.size(); n++)
        if (!is_seen(slots_.slot(n))) return n;
    return 0;
}

mailbox::MessageInfo LocalMailbox::message(uint32_t sequence) const
{
    uint32_t slot = slots_.slot(sequence);
    IndexRecord record = index_.newest(slot);
    const bool is_new = record.modseq > header_.highestmodseq;
    mailbox::MessageInfo info;
    info.uid = record.uid;
    info.size = record.size;
    info.internaldate = record.internaldate;
    info.save_date = record.save_date;
    info.zone_minutes = record.zone_minutes;
    info.system_flags = record.system_flags;
    info.keywords = record.keywords;
    for (size_t bit = keywords_.size(); bit < model::kMaxKeywords && info.keywords.any(); bit++)
        info.keywords.reset(bit);  // no name for it yet: told with the next refresh()
    info.modseq = is_new ? committed(record.modseq) : record.modseq;
    info.recent = recent_.contains(record.uid);
    info.expunged = record.expunged();
    info.guid = index_.guid(slot);
    if (!seen_in_index_) {
        // What made it newer than all that refresh() saw may have been another session's \Seen:
        // its modseq must not be told with the flags from before.
        if (is_new)
            if (auto read = read_seen(); !read)
                log::warning("seen state cannot be read", {{"reason", read.error()}});
        info.system_flags &= ~model::kSeen;
        if (seen_.contains(record.uid)) info.system_flags |= model::kSeen;
    }
    return info;
}

// While a writer is at work some of its records are there and others are not yet: whoever was told
// their modseq would never ask for the others. With an older one it is told again.
uint64_t LocalMailbox::committed(uint64_t modseq) const
{
    if (modseq > committed_modseq_)
        if (const auto now = index_.read_header()) committed_modseq_ = now->highestmodseq;
    return std::min(modseq, std::max(committed_modseq_, header_.highestmodseq));
}

uint32_t LocalMailbox::sequence_of(uint32_t uid) const
{
    uint32_t slot = index_.lower_bound(uid, header_.records);
    if (slot >= header_.records || index_.uid(slot) != uid) return 0;
    return slots_.sequence_of_slot(slot);
}

model::SequenceSet LocalMailbox::vanished_since(uint64_t modseq) const
{
    model::SequenceSet gone;
    const bool known = modseq >= header_.deletedmodseq;
    uint32_t next = 1;  // the first UID that has not been looked at
    for (uint32_t slot = 0; slot < header_.records; slot++) {
        const uint32_t uid = index_.uid(slot);
        const bool expunged = (index_.state(slot) & kRecordExpunged) != 0;
        // Records that are not in the file any more, of messages that went who knows when.
        if (!known && uid > next) gone.append(next, uid - 1);
        if (expunged && (!known || index_.modseq(slot) > modseq)) gone.append(uid, uid);
        next = uid + 1;
    }
    if (!known && header_.uidnext > next) gone.append(next, header_.uidnext - 1);
    return gone;
}

Result<std::unique_ptr<mailbox::Content>> LocalMailbox::content(uint32_t sequence)
{
    const uint32_t slot = slots_.slot(sequence);
    const IndexRecord record = index_.newest(slot);
    auto file = MappedFile::open(directory_.get(), message_name(record.uid));
    if (!file) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) return file.error();
        if (index_.newest(slot).expunged() || went_away())
            return Error{Code::not_found, "message is gone"};
        return damaged(record.uid, file.error().text);
    }
    const size_t size = (*file)->bytes().size();
    if (size != record.size)
        return damaged(record.uid, cat(size, " bytes instead of ", record.size));
    return std::unique_ptr<mailbox::Content>(*std::move(file));
}

Error LocalMailbox::damaged(uint32_t uid, const std::string& why)
{
    if (!damaged_.contains(uid)) {
        damaged_.add(uid);
        log::error("message is damaged, reconstruct the mailbox",
                   {{"mailbox", entry_.name.internal()}, {"uid", uid}, {"reason", why}});
    }
    return Error{Code::corrupt, cat("Message with UID ", uid, " is damaged")};
}

Result<uint64_t> LocalMailbox::octets(uint32_t sequence)
{
    const uint32_t slot = slots_.slot(sequence);
    if (index_.ending(slot) == Ending::unknown && !std::exchange(endings_learnt_, true))
        learn_endings();
    Ending ending = index_.ending(slot);
    const uint32_t uid = index_.uid(slot);
    if (ending == Ending::unknown && well_ended_.contains(uid)) ending = Ending::crlf;
    if (ending == Ending::unknown && open_ended_.contains(uid)) ending = Ending::other;
    if (ending == Ending::unknown) {
        TRY_ASSIGN(const auto whole, content(sequence));
        ending = ending_of(whole->bytes());
    }
    return uint64_t{index_.size(slot)} + (ending == Ending::crlf ? 0 : 2);
}

void LocalMailbox::learn_endings()
{
    std::vector<std::pair<uint32_t, Ending>> learnt;  // by slot
    slots_.for_each([&](uint32_t, uint32_t slot) {
        if (index_.ending(slot) != Ending::unknown) return;
        const uint32_t uid = index_.uid(slot);
        const auto ending = ending_of_file(directory_.get(), uid, index_.size(slot));
        if (!ending) return;  // octets() says what is wrong with it
        learnt.emplace_back(slot, *ending);
        (*ending == Ending::crlf ? well_ended_ : open_ended_).add(uid);
    });
    keep_endings(learnt);
}

// Where that is not possible now, the next view looks again. Nothing else of the records changes,
// so nobody is told; and a power failure may forget it.
void LocalMailbox::keep_endings(std::span<const std::pair<uint32_t, Ending>> learnt)
{
    if (learnt.empty() || mode_ == mailbox::OpenMode::read_only) return;
    auto writer = locked();  // the slots are those of the old index
    if (!writer || writer->header.generation != header_.generation ||
        !writer->index.map_records(writer->header.records))
        return;
    RecordBatch batch(writer->index, [] { return success(); });
    Status kept = success();
    for (const auto& [slot, ending] : learnt) {
        auto record = writer->index.record(slot);
        if (!record) continue;
        record->ending = ending;
        if (kept) kept = batch.add(slot, *record);
    }
    if (kept) kept = batch.flush();
    if (!kept) log::debug("how messages end is not kept", {{"reason", kept.error()}});
}

int LocalMailbox::wakeup_fd()
{
    if (!wakeup_ && !wakeup_failed_) {
        auto bound = net::WakeupSocket::bind(store_.options().idle_directory,
                                             mboxlist::topic_of(entry_.name));
        if (bound) {
            wakeup_ = std::make_unique<net::WakeupSocket>(*std::move(bound));
        } else {
            wakeup_failed_ = true;
            log::warning("no wake-up socket, looking every imapidlepoll",
                         {{"reason", bound.error()}});
        }
    }
    return wakeup_ ? wakeup_->fd() : -1;
}

void LocalMailbox::drain_wakeups()
{
    if (wakeup_) (void)wakeup_->take();
}

}  // namespace rookery::store
