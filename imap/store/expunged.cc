// A message comes back as a move within its mailbox (local_mailbox_move.cc): which ones come back
// is written down before the new records count, and whoever opens the mailbox next settles it. So
// none comes back twice, wherever the process ends.
#include "imap/store/expunged.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "imap/store/message_file.h"
#include "imap/store/move_record.h"
#include "lib/base/log.h"

namespace rookery::store {
namespace {

bool can_come_back(uint32_t state)
{
    return (state & kRecordExpunged) != 0 && (state & (kRecordUnlinked | kRecordTakenBack)) == 0;
}

Result<std::vector<ExpungedMessage>> expunged_of(IndexFile& index, int directory, uint32_t records)
{
    TRY(index.map_records(records));
    std::vector<ExpungedMessage> found;
    for (uint32_t slot = 0; slot < records; slot++) {
        if (!can_come_back(index.state(slot))) continue;
        TRY_ASSIGN(const IndexRecord record, index.record(slot));
        struct stat st {};
        if (::fstatat(directory, message_name(record.uid).c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        found.push_back({record, (record.state & kRecordMoved) != 0});
    }
    return found;
}

Result<NewMessage> message_from(MailboxWriter& writer, const CacheFile& cache,
                                const IndexRecord& record, const TakeBack& how)
{
    NewMessage message;
    message.from_directory = writer.directory();
    message.from = message_name(record.uid);
    message.record = record;
    TRY_ASSIGN(const HeaderFile* names, writer.names());
    model::FlagList flags;
    for (size_t bit = 0; bit < names->keywords.size(); bit++)
        if (record.keywords[bit]) flags.keywords.push_back(names->keywords[bit]);
    if (!how.flag.empty()) TRY(model::add_flag(flags, how.flag));
    message.record.system_flags |= flags.system;
    if (how.without_deleted) message.record.system_flags &= ~model::kDeleted;
    message.keywords = std::move(flags.keywords);
    if (cache && record.cache_offset != 0) {
        auto entry = cache.read({record.cache_offset, record.cache_size});
        if (entry && decode_cache_entry(*entry, record.guid_bytes()))
            message.cache_entry = *std::move(entry);
    }
    return message;
}

}  // namespace

Result<std::vector<ExpungedMessage>> list_expunged(const LocalStore& store,
                                                   const model::MailboxEntry& entry)
{
    TRY_ASSIGN(const Fd directory, store.open_directory(entry));
    TRY_ASSIGN(IndexFile index, IndexFile::open(directory.get()));
    TRY_ASSIGN(const IndexHeader header, index.read_header());
    return expunged_of(index, directory.get(), header.records);
}

Result<std::vector<std::pair<uint32_t, uint32_t>>> take_back(LocalStore& store,
                                                             const model::MailboxEntry& entry,
                                                             const TakeBack& how)
{
    TRY_ASSIGN(const Fd directory, store.open_directory(entry));
    std::vector<std::pair<uint32_t, uint32_t>> uids;
    {
        TRY_ASSIGN(MailboxWriter writer,
                   MailboxWriter::open(store.options().paths, directory.get(), name_hash_of(entry),
                                       store.options().lock_wait));
        TRY_ASSIGN(const auto all,
                   expunged_of(writer.index, directory.get(), writer.header.records));
        CacheFile cache;
        if (auto opened = CacheFile::open(directory.get(), false)) cache = *std::move(opened);
        std::vector<NewMessage> messages;
        MoveRecord record;
        std::vector<uint32_t> before;
        for (const ExpungedMessage& one : all) {
            if (!how.is_wanted(one)) continue;
            TRY_ASSIGN(NewMessage message, message_from(writer, cache, one.record, how));
            messages.push_back(std::move(message));
            before.push_back(one.record.uid);
            record.uids.add(one.record.uid);
        }
        if (messages.empty()) return uids;
        TRY_ASSIGN(const HeaderFile* names, writer.names());
        record.name = names->name;
        record.partition = entry.partition;
        record.uniqueid = names->uniqueid;
        record.uidvalidity = writer.header.uidvalidity;
        const auto room = static_cast<uint32_t>(messages.size());
        auto added = store.fill(writer, entry, entry.name.user(), messages,
                                [&](uint32_t first, uint64_t origin) {
                                    record.first = first;
                                    record.origin = origin;
                                    return writer.begin_move(record, room);
                                });
        Status over = success();
        if (added)
            over = writer.finish_move(before, record);
        else if (writer.header.move_slot != 0)
            over = writer.settle(store.options().paths);
        if (!over) log::warning("a move is settled later", {{"reason", over.error()}});
        if (!added) return std::move(added).error();
        for (size_t i = 0; i < before.size(); i++) uids.emplace_back(before[i], added->uids[i]);
    }
    store.wake_sessions(entry);
    return uids;
}

}  // namespace rookery::store
