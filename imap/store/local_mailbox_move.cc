// Messages from one mailbox into another of this server, exactly once; and a new message in
// exchange for one that is here, which is the same with other bytes.
//
// Under the locks of both: the files are linked into the target; the source writes down where the
// messages go (MoveRecord) and points to it in its header, one sync; the target commits; the source
// expunges its messages, one sync, and forgets what it wrote, with one header and one sync. The
// commit of the target decides. Whoever finds the pointer in a header takes the lock of the source,
// so no move is at work there, and asks the target: are the messages there, then they go here; else
// they stay.
// Readers do so too, so nobody sees both after a crash (LocalMailbox::load(), refresh(), status()).
// As long as a record waits nobody writes to the source, so the place behind the records is free.
//
// Both locks are taken in the order of the directories, so moves from A to B and from B to A wait
// for each other at most. Settling takes the lock of the source alone and reads the target.
//
// In one and the same mailbox it is the same, with one lock: the messages get new UIDs.
#include <sys/stat.h>

#include "imap/store/append_group.h"
#include "imap/store/local_mailbox.h"
#include "imap/store/message_file.h"
#include "lib/base/log.h"

namespace rookery::store {

namespace {

// What tells one directory from another, and orders them.
struct Place {
    dev_t device;
    ino_t inode;
    auto operator<=>(const Place&) const = default;
};

Result<Place> place_of(int directory)
{
    struct stat st {};
    if (::fstat(directory, &st) != 0) return errno_error("fstat directory");
    return Place{st.st_dev, st.st_ino};
}

}  // namespace

Result<LocalMailbox::Writers> LocalMailbox::writers(const model::MailboxEntry& to)
{
    TRY_ASSIGN(Fd there, store_.open_directory(to));
    TRY_ASSIGN(const Place from_place, place_of(directory_.get()));
    TRY_ASSIGN(const Place to_place, place_of(there.get()));
    const StoreOptions& options = store_.options();
    std::optional<MailboxWriter> source, target;
    const auto open_target = [&]() -> Status {
        TRY_ASSIGN(target, MailboxWriter::open(options.paths, there.get(), name_hash_of(to),
                                               options.lock_wait));
        return success();
    };
    if (to_place < from_place) TRY(open_target());
    TRY_ASSIGN(source, writer());
    if (from_place < to_place) TRY(open_target());
    return Writers{*std::move(source), std::move(target)};
}

// The UIDs of messages that are all here, now that nobody can expunge them. What others have
// expunged is taken with the rest, while its file is there; but what was moved away is not moved
// again: that would make two of it. Nor is what was expunged replaced: it may have been by another.
Result<UidSet> LocalMailbox::movable(MailboxWriter& writer, std::span<const uint32_t> sequences,
                                     uint32_t gone)
{
    if (writer.header.generation != header_.generation)
        return Error{Code::moved, "mailbox was rebuilt"};
    UidSet uids;
    uint32_t before = 0;
    for (uint32_t sequence : sequences) {
        if (sequence <= before || sequence > slots_.size())
            return Error{Code::not_found, "no message of that number"};
        before = sequence;
        const uint32_t slot = slots_.slot(sequence);
        if ((index_.state(slot) & gone) != 0)
            return Error{Code::not_found, "message has gone already"};
        uids.add(index_.uid(slot));
    }
    return uids;
}

Result<mailbox::AppendResult> LocalMailbox::move_to(const model::MailboxEntry& to,
                                                    const std::string& userid,
                                                    std::span<const uint32_t> sequences,
                                                    const model::FlagFilter& settable)
{
    return exchange(to, userid, sequences, [&] { return copies_of(sequences, settable); },
                    false);
}

Result<mailbox::AppendResult> LocalMailbox::replace(uint32_t sequence,
                                                    const model::MailboxEntry& to,
                                                    const std::string& userid,
                                                    const mailbox::AppendItem& item)
{
    TRY_ASSIGN(NewMessage message, new_message(item, store_.options().renderer));
    return exchange(to, userid, {&sequence, 1},
                    [&] { return std::vector<NewMessage>{std::move(message)}; }, true);
}

Result<mailbox::AppendResult> LocalMailbox::exchange(const model::MailboxEntry& to,
                                                     const std::string& userid,
                                                     std::span<const uint32_t> sequences,
                                                     const Arriving& arriving, bool replaces)
{
    Result<mailbox::AppendResult> done = mailbox::AppendResult{};
    {
        TRY_ASSIGN(Writers locked, writers(to));
        MailboxWriter& source = locked.source;
        MailboxWriter& target = locked.target ? *locked.target : source;
        MoveRecord record;
        record.replaces = replaces;
        TRY_ASSIGN(record.uids,
                   movable(source, sequences, replaces ? kRecordExpunged : kRecordMoved));
        TRY_ASSIGN(std::vector<NewMessage> messages, arriving());
        if (messages.empty()) return done;
        TRY_ASSIGN(HeaderFile * names, target.names());
        record.name = names->name;
        record.partition = to.partition;
        record.uniqueid = names->uniqueid;
        record.uidvalidity = target.header.uidvalidity;
        const auto room = static_cast<uint32_t>(locked.target ? 0 : messages.size());
        const auto before_commit = [&](uint32_t first, uint64_t origin) {
            record.first = first;
            record.origin = origin;
            return source.begin_move(record, room);
        };
        done = store_.fill(target, to, userid, messages, before_commit, placing(messages.size()));
        Status over = success();
        if (done)
            over = source.finish_move(numbers_of(record.uids), record);
        else if (source.header.move_slot != 0)
            over = source.settle(store_.options().paths);
        // It is decided all the same, and whoever comes next does what is left.
        if (!over) log::warning("a move is settled later", {{"reason", over.error()}});
    }
    if (!done) return done;
    expunged_waiting_ = true;
    store_.wake_sessions(to);
    store_.wake_sessions(entry_);
    return done;
}

}  // namespace rookery::store
