// What a crash or a bad disk has left: records are made again from their message files, in place.
//
// Records are in the order of their UIDs, so a run of bad ones lies between two UIDs that are known
// (behind the last: UIDNEXT). The message files between these are theirs. A bad record for which
// there is no file becomes one of a message that went; it keeps its place, and a UID of the gap, so
// that no other record moves and no session loses its numbers.
#include <errno.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "imap/store/mailbox_writer.h"
#include "imap/store/message_file.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

// Bad records first..end-1, of messages with low < UID < high.
struct Run {
    uint32_t first;
    uint32_t end;
    uint32_t low;
    uint32_t high;
    uint32_t size() const { return end - first; }
};

// There are as many UIDs as the run has records: those of files, then what the bad bytes say, then
// whatever is free.
std::set<uint32_t> uids_of(const Run& run, std::span<const uint32_t> files,
                           std::span<const uint32_t> hints)
{
    std::set<uint32_t> uids;
    auto take = [&](uint32_t uid) {
        if (uid > run.low && uid < run.high && uids.size() < run.size()) uids.insert(uid);
    };
    for (uint32_t uid : files) take(uid);
    for (uint32_t uid : hints) take(uid);
    for (uint32_t uid = run.low + 1; uid < run.high && uids.size() < run.size(); uid++) take(uid);
    return uids;
}

}  // namespace

Status MailboxWriter::recover()
{
    TRY_ASSIGN(const uint32_t there, index.map_most(header.records));
    const bool torn = there < header.records || (there > 0 && !index.record(there - 1));
    return torn || (header.state & kStateDirty) != 0 ? repair() : success();
}

Result<uint32_t> MailboxWriter::mend_records()
{
    TRY_ASSIGN(const uint32_t there, index.map_most(header.records));
    auto is_good = [&](uint32_t slot) { return slot < there && index.record(slot).ok(); };
    std::optional<std::vector<uint32_t>> files;
    uint32_t mended = 0;
    uint32_t low = 0;
    for (uint32_t slot = 0; slot < header.records;) {
        if (is_good(slot)) {
            low = index.uid(slot++);
            continue;
        }
        Run run{slot, slot + 1, low, header.uidnext};
        while (run.end < header.records && !is_good(run.end)) run.end++;
        if (run.end < header.records) run.high = index.uid(run.end);
        if (!files) {
            TRY_ASSIGN(files, message_uids(directory()));
        }
        std::vector<uint32_t> hints;
        for (uint32_t bad = run.first; bad < std::min(run.end, there); bad++)
            hints.push_back(index.uid(bad));
        const std::set<uint32_t> uids = uids_of(run, *files, hints);
        if (uids.size() < run.size()) return Error{Code::corrupt, "index: records out of order"};
        TRY(write_mended(run.first, {uids.begin(), uids.end()}));
        mended += run.size();
        slot = run.end;
    }
    return mended;
}

// Their flags are lost with their records.
Status MailboxWriter::write_mended(uint32_t slot, const std::vector<uint32_t>& uids)
{
    std::vector<IndexRecord> records;
    for (uint32_t uid : uids) {
        auto read = describe_message(directory(), uid);
        if (!read && !read.is(Code::not_found)) return read.error();
        IndexRecord record = read ? *read : IndexRecord();
        record.uid = uid;
        record.save_date = record.last_updated = wall_seconds();
        record.modseq = header.highestmodseq + 1;
        if (!read) record.state = kRecordExpunged | kRecordUnlinked;
        records.push_back(record);
    }
    return index.write_records(slot, records);
}

Status MailboxWriter::repair()
{
    TRY_ASSIGN(const uint32_t mended, mend_records());
    if (mended > 0) {
        auto known = names();
        log::warning("index records were damaged: made again from their messages",
                     {{"mailbox", known ? (*known)->name : "?"}, {"records", mended}});
        header.changedmodseq = ++header.highestmodseq;
        TRY(index.map_records(header.records));
    }
    IndexHeader counted = header;
    counted.exists = counted.unseen = counted.deleted = counted.answered = counted.flagged = 0;
    counted.size = 0;
    for (uint32_t slot = 0; slot < header.records; slot++) {
        TRY_ASSIGN(IndexRecord record, index.record(slot));
        tally(counted, record, true);
        if (record.expunged() && (record.state & kRecordUnlinked) == 0)
            counted.state |= kStateGarbage;
        counted.uidnext = std::max(counted.uidnext, record.uid + 1);
        counted.highestmodseq = std::max(counted.highestmodseq, record.modseq);
        // A view that compares with this scans once more than it needs, nothing else.
        counted.changedmodseq = std::max(counted.changedmodseq, record.modseq);
    }
    header = counted;
    return commit(true);
}

}  // namespace rookery::store
