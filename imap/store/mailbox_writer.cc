// The order of writes: message files and their names durable, cache, records, header, one sync.
#include "imap/store/mailbox_writer.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "imap/store/message_file.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

void adjust(uint32_t& count, bool add)
{
    if (add)
        count++;
    else if (count > 0)
        count--;
}

bool has_header(int directory)
{
    struct stat st {};
    return ::fstatat(directory, kHeaderName, &st, 0) == 0;
}

// Never 0.
uint64_t new_origin()
{
    uint64_t number = 0;
    while (number == 0)
        if (RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number) != 1)
            panic("random numbers");
    return number;
}

void remove_placed(int directory, std::span<const NewMessage> messages)
{
    for (const NewMessage& m : messages)
        ::unlinkat(directory, message_name(m.record.uid).c_str(), 0);
}

}  // namespace

void tally(IndexHeader& header, const IndexRecord& record, bool add)
{
    if (record.expunged()) return;
    adjust(header.exists, add);
    if ((record.system_flags & model::kSeen) == 0) adjust(header.unseen, add);
    if ((record.system_flags & model::kDeleted) != 0) adjust(header.deleted, add);
    if ((record.system_flags & model::kAnswered) != 0) adjust(header.answered, add);
    if ((record.system_flags & model::kFlagged) != 0) adjust(header.flagged, add);
    if (add)
        header.size += record.size;
    else
        header.size -= std::min<uint64_t>(header.size, record.size);
}

Result<MailboxWriter> MailboxWriter::open(const PathOptions& paths, int directory,
                                          std::optional<uint64_t> name_hash, Milliseconds wait,
                                          bool thawing)
{
    TRY_ASSIGN(Fd own, duplicate(directory));
    if (!has_header(directory)) return Error{Code::not_found, "mailbox was deleted"};
    // A copy of the mailbox from a backup may lack the lock file.
    TRY_ASSIGN(MailboxLock lock, MailboxLock::take(directory, wait, true));
    if (!has_header(directory)) {
        ::unlinkat(directory, kLockName, 0);
        return Error{Code::not_found, "mailbox was deleted"};
    }
    MailboxWriter writer(std::move(own), std::move(lock));
    TRY_ASSIGN(writer.index, IndexFile::open(directory));
    TRY_ASSIGN(writer.header, writer.index.read_header());
    writer.committed_ = writer.header;
    if ((writer.header.state & kStateDeleted) != 0)
        return Error{Code::not_found, "mailbox was deleted"};
    if ((writer.header.state & kStateMoved) != 0) return Error{Code::moved, "mailbox went away"};
    if (name_hash && *name_hash != writer.header.name_hash)
        return Error{Code::moved, "mailbox has another name now"};
    if (!thawing && (writer.header.state & kStateFrozen) != 0)
        return Error{Code::moved, "mailbox is on its way to another server"};
    TRY(writer.recover());
    if (writer.header.move_slot != 0) TRY(writer.settle(paths));
    return writer;
}

Result<HeaderFile*> MailboxWriter::names()
{
    if (!names_) {
        TRY_ASSIGN(names_, HeaderFile::read(directory()));
    }
    return &*names_;
}

Result<model::KeywordBits> MailboxWriter::add_keywords(const std::vector<std::string>& keywords)
{
    model::KeywordBits bits;
    if (keywords.empty()) return bits;
    TRY_ASSIGN(HeaderFile * names, this->names());
    size_t known = names->keywords.size();
    for (const std::string& keyword : keywords) {
        auto bit = names->keyword(keyword);
        if (!bit) {
            if (names->keywords.size() >= model::kMaxKeywords ||
                keyword.size() > model::kMaxKeywordLength) {
                names->keywords.resize(known);
                return Error{Code::limit, "too many keywords in the mailbox"};
            }
            bit = names->keywords.size();
            names->keywords.push_back(keyword);
        }
        bits.set(*bit);
    }
    if (names->keywords.size() != known) {
        Status written = names->write(directory());
        if (!written) {
            names_.reset();
            return std::move(written).error();
        }
    }
    header.keywords = static_cast<uint32_t>(names->keywords.size());
    return bits;
}

Result<model::KeywordBits> MailboxWriter::find_keywords(const std::vector<std::string>& keywords)
{
    model::KeywordBits bits;
    if (keywords.empty()) return bits;
    TRY_ASSIGN(HeaderFile * names, this->names());
    for (const std::string& keyword : keywords)
        if (auto bit = names->keyword(keyword)) bits.set(*bit);
    return bits;
}

Status MailboxWriter::begin_changes()
{
    IndexHeader dirty = committed_;
    dirty.state |= kStateDirty;
    return index.write_header(dirty);
}

Status MailboxWriter::commit(bool durable)
{
    header.state &= ~kStateDirty;
    Status done = index.write_header(header);
    if (done && durable) done = index.sync();
    if (done) {
        committed_ = header;
        return done;
    }
    // Nobody was told of the change. What others may have seen of it is never given out again.
    IndexHeader back = committed_;
    back.uidnext = std::max(back.uidnext, header.uidnext);
    back.highestmodseq = std::max(back.highestmodseq, header.highestmodseq);
    back.keywords = std::max(back.keywords, header.keywords);
    back.state |= kStateDirty;
    if (!index.write_header(back))
        log::error("index header could not be put back", {{"reason", done.error()}});
    header = committed_ = back;
    return done;
}

Status MailboxWriter::place_all(std::span<NewMessage> messages, bool link, const Placing& placing)
{
    uint32_t uid = header.uidnext;
    size_t placed = 0;
    Status done = success();
    for (NewMessage& m : messages) {
        if (placing) placing(placed);
        m.record.uid = uid++;
        done = place_file(m.from_directory, m.from, directory(), message_name(m.record.uid), link);
        if (!done) break;
        date_file(directory(), message_name(m.record.uid), m.record.internaldate);
        placed++;
    }
    if (!done) remove_placed(directory(), messages.first(placed));
    return done;
}

void MailboxWriter::cache_all(std::span<NewMessage> messages)
{
    CacheFile cache;
    for (NewMessage& m : messages) {
        m.record.cache_offset = 0;
        m.record.cache_size = 0;
        if (m.cache_entry.empty()) continue;
        if (!cache) {
            auto opened = CacheFile::open(directory(), true);
            if (!opened) return;
            cache = *std::move(opened);
        }
        // Without a cache entry the message is rendered when it is asked for: not an error.
        auto place = cache.append(m.cache_entry);
        if (!place) return;
        note_cached(m.record, *place, m.cache_entry);
    }
}

// All or none. The files get their places, the cache follows (it may fail), the caller writes what
// has to be on disk before; then the records, behind those that count, and last the header, which
// makes them count. Until then a failure takes the files away again.
Status MailboxWriter::begin_append(std::span<NewMessage> messages, bool link,
                                   const Placing& placing)
{
    if (header.records + messages.size() > kMaxRecords ||
        header.uidnext > UINT32_MAX - messages.size() - 1)
        return Error{Code::limit, "mailbox is full"};
    for (NewMessage& m : messages) {
        TRY_ASSIGN(m.record.keywords, add_keywords(m.keywords));
    }
    TRY(place_all(messages, link, placing));
    cache_all(messages);
    return success();
}

void MailboxWriter::give_up_append(std::span<const NewMessage> messages)
{
    remove_placed(directory(), messages);
}

Result<mailbox::AppendResult> MailboxWriter::finish_append(std::span<NewMessage> messages,
                                                           const BeforeCommit& before_commit)
{
    mailbox::AppendResult result;
    result.uidvalidity = header.uidvalidity;
    if (messages.empty()) return result;
    const uint64_t origin = new_origin();
    Status done = before_commit ? before_commit(header.uidnext, origin) : success();
    if (!done) {
        remove_placed(directory(), messages);
        return std::move(done).error();
    }

    int64_t now = wall_seconds();
    std::vector<IndexRecord> records;
    uint64_t modseq = ++header.highestmodseq;
    for (NewMessage& m : messages) {
        m.record.modseq = modseq;
        m.record.origin = origin;
        m.record.state = 0;
        m.record.save_date = m.record.last_updated = now;
        records.push_back(m.record);
        result.uids.push_back(m.record.uid);
        tally(header, m.record, true);
    }
    header.last_append = now;
    header.uidnext = messages.back().record.uid + 1;
    done = index.write_records(header.records, records);
    header.records += static_cast<uint32_t>(records.size());
    if (done)
        done = commit(true);
    else
        header = committed_;
    if (done) return result;
    // Where the header could not be put back they may count.
    auto on_disk = index.read_header();
    if (on_disk && on_disk->records == header.records) remove_placed(directory(), messages);
    return std::move(done).error();
}

Result<uint32_t> MailboxWriter::collect(int64_t expunged_before, bool drop)
{
    if ((header.state & kStateGarbage) == 0 && !drop) return uint32_t{0};
    if (drop && !index.is_intact(header.records)) TRY(repair());
    // Every open view holds this lock shared; views that come now wait until it is let go.
    if (::flock(index.fd(), LOCK_EX | LOCK_NB) != 0) return uint32_t{0};
    TRY(index.map_records(header.records));
    uint32_t removed = 0;
    bool left = false;
    for (uint32_t slot = 0; slot < header.records; slot++) {
        uint32_t state = index.state(slot);
        if ((state & kRecordExpunged) == 0 || (state & kRecordUnlinked) != 0) continue;
        TRY_ASSIGN(IndexRecord record, index.record(slot));
        if (record.last_updated > expunged_before) {
            left = true;
            continue;
        }
        if (::unlinkat(directory(), message_name(record.uid).c_str(), 0) != 0 && errno != ENOENT)
            return errno_error("unlink message");
        removed++;
        record.state |= kRecordUnlinked;
        TRY(index.write_records(slot, {&record, 1}));
    }
    if (!left) header.state &= ~kStateGarbage;
    TRY(commit(false));
    if (drop) TRY(drop_records(expunged_before));
    ::flock(index.fd(), LOCK_UN);
    return removed;
}

Status MailboxWriter::drop_records(int64_t expunged_before)
{
    constexpr const char* kNewCache = "rookery.cache.NEW";
    std::vector<IndexRecord> kept;
    uint64_t dropped = header.deletedmodseq;
    for (uint32_t slot = 0; slot < header.records; slot++) {
        TRY_ASSIGN(IndexRecord record, index.record(slot));
        if (record.expunged() && record.last_updated <= expunged_before)
            dropped = std::max(dropped, record.modseq);
        else
            kept.push_back(record);
    }
    if (kept.size() == header.records) return success();
    ::unlinkat(directory(), kNewCache, 0);
    auto old_cache = CacheFile::open(directory(), false);
    TRY_ASSIGN(CacheFile new_cache, CacheFile::open(directory(), true, kNewCache));
    for (IndexRecord& record : kept) {
        CachePlace place{record.cache_offset, record.cache_size};
        record.cache_offset = 0;
        if (!old_cache || place.offset == 0) continue;
        auto entry = old_cache->read(place);
        if (!entry) continue;
        auto moved = new_cache.append(*entry);
        if (!moved) continue;
        record.cache_offset = moved->offset;
        record.cache_size = moved->size;
    }
    IndexHeader next = header;
    next.generation++;
    next.records = static_cast<uint32_t>(kept.size());
    next.deletedmodseq = dropped;
    TRY(IndexFile::replace(directory(), next, kept));
    // Between the two renames entries do not match their GUIDs: as good as no cache.
    if (::renameat(directory(), kNewCache, directory(), kCacheName) != 0)
        return errno_error("rename cache");
    TRY(sync_names(directory()));
    TRY_ASSIGN(index, IndexFile::open(directory()));
    TRY(index.map_records(next.records));
    header = committed_ = next;
    return success();
}

}  // namespace rookery::store
