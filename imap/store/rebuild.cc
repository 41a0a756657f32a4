// Reads every message once: its GUID, and what the cache keeps of it.
#include "imap/store/rebuild.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "imap/store/message_file.h"
#include "imap/store/word_index.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

std::string new_uniqueid()
{
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1) panic("random numbers");
    return hex({reinterpret_cast<const char*>(bytes), sizeof bytes});
}

namespace {

constexpr const char* kNewCache = "rookery.cache.NEW";
constexpr size_t kMaxIndexFile = kIndexHeaderSize + size_t{kMaxRecords} * kIndexRecordSize;

struct OldIndex {
    std::optional<IndexHeader> header;
    std::map<uint32_t, IndexRecord> records;
};

// Whatever of the index is intact, even without a header.
OldIndex read_old_index(int directory)
{
    OldIndex old;
    int fd = ::openat(directory, kIndexName, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return old;
    Fd owned(fd);
    auto mapped = MappedFile::map(fd);
    if (!mapped) return old;
    std::string_view bytes = (*mapped)->bytes();
    if (bytes.size() < kIndexHeaderSize || bytes.size() > kMaxIndexFile) return old;
    if (auto header = decode_header(bytes.data()); header) old.header = *header;
    size_t count = (bytes.size() - kIndexHeaderSize) / kIndexRecordSize;
    if (old.header) count = std::min<size_t>(count, old.header->records);
    for (size_t i = 0; i < count; i++) {
        const char* at = bytes.data() + kIndexHeaderSize + i * kIndexRecordSize;
        if (!record_is_intact(at)) continue;
        IndexRecord record = decode_record(at);
        old.records[record.uid] = record;
    }
    return old;
}

class Rebuild {
 public:
    Rebuild(const LocalStore& store, const model::MailboxEntry& entry, int directory)
        : store_(store), entry_(entry), directory_(directory)
    {
    }

    Result<RebuildReport> run(bool make_header)
    {
        TRY(read_header_file(make_header));
        old_ = read_old_index(directory_);
        TRY_ASSIGN(std::vector<uint32_t> uids, message_uids(directory_));
        start_header(uids);
        ::unlinkat(directory_, kNewCache, 0);
        TRY_ASSIGN(cache_, CacheFile::open(directory_, true, kNewCache));
        for (uint32_t uid : uids) TRY(add_message(uid));
        TRY(add_changed());
        add_expunged_without_file();
        TRY(put_in_place());
        report_.messages = header_.exists;
        return report_;
    }

 private:
    Status read_header_file(bool make_header);
    void start_header(const std::vector<uint32_t>& uids);
    bool is_changed(const IndexRecord& present) const;
    IndexRecord record_of(const IndexRecord& present);
    IndexRecord record_of_changed(const IndexRecord& present, uint32_t before);
    Status add_message(uint32_t uid);
    Status add_changed();
    Status add(IndexRecord record, const IndexRecord& present, std::string_view bytes);
    Status keep_unreadable(uint32_t uid, const Error& why);
    void add_expunged_without_file();
    Status drop_words() const;
    Status put_in_place();

    const LocalStore& store_;
    const model::MailboxEntry& entry_;
    int directory_;
    HeaderFile names_;
    bool write_names_ = false;
    OldIndex old_;
    IndexHeader header_;
    std::vector<IndexRecord> records_;
    std::vector<uint32_t> changed_;  // UIDs whose files hold something else now
    CacheFile cache_;
    RebuildReport report_;
};

Status Rebuild::read_header_file(bool make_header)
{
    auto names = HeaderFile::read(directory_);
    if (names) {
        names_ = *std::move(names);
        write_names_ = names_.name != entry_.name.internal() ||
                       (!entry_.uniqueid.empty() && names_.uniqueid != entry_.uniqueid);
    } else if (names.is(Code::corrupt) || names.is(Code::unsupported) ||
               (names.is(Code::not_found) && make_header)) {
        names_.acl = entry_.acl.to_string();
        report_.new_header = write_names_ = true;
    } else {
        return std::move(names).error();
    }
    names_.name = entry_.name.internal();
    if (!entry_.uniqueid.empty()) names_.uniqueid = entry_.uniqueid;
    if (names_.uniqueid.empty()) names_.uniqueid = new_uniqueid();
    return success();
}

void Rebuild::start_header(const std::vector<uint32_t>& uids)
{
    if (old_.header) {
        header_.uidvalidity = old_.header->uidvalidity;
        header_.uidnext = old_.header->uidnext;
        header_.recentuid = old_.header->recentuid;
        header_.generation = old_.header->generation + 1;
        header_.deletedmodseq = old_.header->deletedmodseq;
        header_.highestmodseq = old_.header->highestmodseq;
        header_.last_append = old_.header->last_append;
        header_.pop3_last_login = old_.header->pop3_last_login;
    } else {
        // UIDs above the largest that is left may have been given out.
        auto now = static_cast<uint32_t>(wall_seconds());
        header_.uidvalidity = std::max(now, names_.uidvalidity + 1);
        header_.generation = static_cast<uint64_t>(wall_seconds());
        report_.new_uidvalidity = write_names_ = true;
    }
    for (const auto& [uid, record] : old_.records) {
        header_.highestmodseq = std::max(header_.highestmodseq, record.modseq);
        header_.uidnext = std::max(header_.uidnext, uid + 1);
    }
    if (!uids.empty()) header_.uidnext = std::max(header_.uidnext, uids.back() + 1);
    header_.highestmodseq++;  // of all that this changes
    header_.changedmodseq = header_.highestmodseq;
    header_.name_hash = name_hash_of(entry_);
    header_.keywords = static_cast<uint32_t>(names_.keywords.size());
    names_.uidvalidity = header_.uidvalidity;
}

// Of one that was expunged it does not matter what the file is.
bool Rebuild::is_changed(const IndexRecord& present) const
{
    const auto old = old_.records.find(present.uid);
    return old != old_.records.end() && !old->second.expunged() && old->second.guid != present.guid;
}

// What is kept of the old record of a message that is what it was, or is new here.
IndexRecord Rebuild::record_of(const IndexRecord& present)
{
    const auto old = old_.records.find(present.uid);
    const bool there = old != old_.records.end();
    IndexRecord record = there ? old->second : present;
    record.state &= ~kRecordUnlinked;
    if (there) return record;
    record.modseq = header_.highestmodseq;
    record.save_date = record.last_updated = wall_seconds();
    report_.found++;
    return record;
}

// One that was cut keeps its flags and dates.
IndexRecord Rebuild::record_of_changed(const IndexRecord& present, uint32_t before)
{
    const IndexRecord& old = old_.records.find(before)->second;
    const bool cut = present.size < old.size;
    IndexRecord record = cut ? old : present;
    record.uid = present.uid;
    record.modseq = header_.highestmodseq;
    record.last_updated = wall_seconds();
    if (!cut) record.save_date = record.last_updated;
    report_.changed++;
    log::warning(cut ? "message was cut" : "message is another one", {{"mailbox", names_.name},
                                                                      {"uid", before},
                                                                      {"now", present.uid},
                                                                      {"size", present.size},
                                                                      {"before", old.size}});
    return record;
}

// What was known of it stays as it is; the other messages are not concerned.
Status Rebuild::keep_unreadable(uint32_t uid, const Error& why)
{
    log::error("message cannot be read", {{"mailbox", names_.name}, {"uid", uid}, {"reason", why}});
    const auto old = old_.records.find(uid);
    if (old == old_.records.end()) return success();
    IndexRecord record = old->second;
    record.cache_offset = 0;
    if (record.expunged()) header_.state |= kStateGarbage;
    tally(header_, record, true);
    records_.push_back(record);
    return success();
}

Status Rebuild::add_message(uint32_t uid)
{
    auto file = MappedFile::open(directory_, message_name(uid));
    if (!file) return keep_unreadable(uid, file.error());
    TRY_ASSIGN(const IndexRecord present, describe_message(directory_, uid));
    if (is_changed(present)) {
        changed_.push_back(uid);
        return success();
    }
    return add(record_of(present), present, (*file)->bytes());
}

// What a UID names never changes (RFC 3501 2.3.1.1): they get new ones, behind all others.
Status Rebuild::add_changed()
{
    for (const uint32_t before : changed_) {
        const uint32_t uid = header_.uidnext++;
        if (::renameat(directory_, message_name(before).c_str(), directory_,
                       message_name(uid).c_str()) != 0)
            return errno_error(cat("rename ", message_name(before)));
        TRY_ASSIGN(const auto file, MappedFile::open(directory_, message_name(uid)));
        TRY_ASSIGN(const IndexRecord present, describe_message(directory_, uid));
        TRY(add(record_of_changed(present, before), present, file->bytes()));
    }
    return changed_.empty() ? success() : sync_names(directory_);
}

Status Rebuild::add(IndexRecord record, const IndexRecord& present, std::string_view bytes)
{
    record.size = present.size;
    record.header_size = present.header_size;
    record.guid = present.guid;
    record.ending = present.ending;
    record.cache_offset = 0;
    record.cache_size = 0;
    record.sent = 0;
    // Bits without a name would get the next one that is made.
    for (size_t bit = names_.keywords.size(); bit < model::kMaxKeywords; bit++)
        record.keywords.reset(bit);
    if (const CacheRenderer& renderer = store_.options().renderer) {
        auto items = renderer(bytes);
        std::string entry = items ? encode_cache_entry(*items, record.guid_bytes()) : "";
        if (!entry.empty()) {
            TRY_ASSIGN(CachePlace place, cache_.append(entry));
            note_cached(record, place, entry);
        }
    }
    if (record.expunged()) header_.state |= kStateGarbage;
    tally(header_, record, true);
    records_.push_back(record);
    return success();
}

void Rebuild::add_expunged_without_file()
{
    std::vector<IndexRecord> gone;
    for (const auto& [uid, old] : old_.records) {
        auto at = std::lower_bound(records_.begin(), records_.end(), uid,
                                   [](const IndexRecord& r, uint32_t n) { return r.uid < n; });
        if (at != records_.end() && at->uid == uid) continue;
        IndexRecord record = old;
        if (!record.expunged()) {
            if (!std::binary_search(changed_.begin(), changed_.end(), uid)) {
                report_.lost++;
                log::warning("message has no file: expunged",
                             {{"mailbox", names_.name}, {"uid", uid}, {"size", old.size}});
            }
            record.modseq = header_.highestmodseq;
            record.last_updated = wall_seconds();
        }
        record.state |= kRecordExpunged | kRecordUnlinked;
        record.cache_offset = 0;
        gone.push_back(record);
    }
    records_.insert(records_.end(), gone.begin(), gone.end());
    std::sort(records_.begin(), records_.end(),
              [](const IndexRecord& a, const IndexRecord& b) { return a.uid < b.uid; });
    header_.records = static_cast<uint32_t>(records_.size());
}

// What a writer that died had not renamed yet. The lock says that none is at work.
void remove_half_written(int directory)
{
    DIR* listing = ::fdopendir(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (listing == nullptr) return;
    while (const dirent* entry = ::readdir(listing)) {
        std::string_view name = entry->d_name;
        if (!name.ends_with("NEW")) continue;
        name.remove_suffix(3);
        if (name.starts_with("rookery.") || uid_of_name(name))
            ::unlinkat(directory, entry->d_name, 0);
    }
    ::closedir(listing);
}

// The index of words believes that a message is what it was.
Status Rebuild::drop_words() const
{
    if (report_.found + report_.changed + report_.lost == 0 && !report_.new_uidvalidity)
        return success();
    if (::unlinkat(directory_, kWordsName, 0) == 0) return sync_names(directory_);
    return errno == ENOENT ? success() : errno_error(cat("unlink ", kWordsName));
}

Status Rebuild::put_in_place()
{
    TRY(drop_words());
    TRY(IndexFile::replace(directory_, header_, records_));
    if (::renameat(directory_, kNewCache, directory_, kCacheName) != 0)
        return errno_error("rename cache");
    if (write_names_) TRY(names_.write(directory_));
    remove_half_written(directory_);
    return sync_names(directory_);
}

// Messages on their way out are decided upon before records are made anew.
void settle_move(const LocalStore& store, int directory)
{
    auto index = IndexFile::open(directory);
    if (!index) return;
    auto header = index->read_header();
    if (!header || header->move_slot == 0) return;
    auto writer = MailboxWriter::open(store.options().paths, directory, std::nullopt,
                                      store.options().lock_wait, true);
    if (!writer)
        log::warning("messages of a move that was cut short stay where they were",
                     {{"reason", writer.error()}});
}

}  // namespace

Result<RebuildReport> rebuild(const LocalStore& store, const model::MailboxEntry& entry,
                              bool make_header)
{
    TRY_ASSIGN(std::string path, mailbox_directory(store.options().paths, entry));
    TRY_ASSIGN(Fd directory, open_file(path, O_RDONLY | O_DIRECTORY));
    settle_move(store, directory.get());
    TRY_ASSIGN(MailboxLock lock,
               MailboxLock::take(directory.get(), store.options().lock_wait, true));
    auto report = Rebuild(store, entry, directory.get()).run(make_header);
    if (report) store.wake_sessions(entry);
    return report;
}

}  // namespace rookery::store
