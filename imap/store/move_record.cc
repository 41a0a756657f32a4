// Whether messages of a move that was cut short are in the target.
//
// All records that one append commits carry the same random number, and the move names it before
// the commit. So a record with that number in the target is proof that all of them got there, also
// if it was expunged there since, and whatever else uses these UIDs is not mistaken for them. The
// target is found by its name or, where it was renamed, by its uniqueid.
//
// Records that were made again from their files have no number. Then it is the file that counts: a
// message is there if the file of its UID has its GUID. Files alone do not count, for a move that
// did not commit leaves them too.
//
// A message that counts there and has no file would be lost here too: it stays.
//
// In doubt the messages stay where they are: one that is seen twice can be deleted, one that is
// lost cannot be had again. So they stay if the target is nowhere on this server (deleted, or gone
// to another one) or damaged. A target that is there but cannot be looked at at this moment is no
// doubt: that is an error, and the next one who comes asks again.
#include "imap/store/move_record.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>

#include "imap/store/find_mailboxes.h"
#include "imap/store/header_file.h"
#include "imap/store/index_file.h"
#include "imap/store/message_file.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

constexpr std::string_view kFirstLine = "rookery move 1";
constexpr std::string_view kRemoval = "rookery remove 1";

Status take_line(MoveRecord& record, std::string_view key, std::string_view value)
{
    if (key == "name") {
        record.name = value;
    } else if (key == "partition") {
        record.partition = value;
    } else if (key == "uniqueid") {
        record.uniqueid = value;
    } else if (key == "uidvalidity") {
        TRY_ASSIGN(record.uidvalidity, to_number<uint32_t>(value));
    } else if (key == "first") {
        TRY_ASSIGN(record.first, to_number<uint32_t>(value));
    } else if (key == "origin") {
        TRY_ASSIGN(record.origin, to_number<uint64_t>(value));
    } else if (key == "uids") {
        TRY_ASSIGN(record.uids, UidSet::parse(value));
    } else if (key == "replaces") {
        record.replaces = value == "yes";
    }
    return success();
}

uint64_t count_of(const UidSet& uids)
{
    uint64_t count = 0;
    for (const UidSet::Range& r : uids.ranges()) count += uint64_t{r.last} - r.first + 1;
    return count;
}

Status check(const MoveRecord& record)
{
    const uint64_t count = count_of(record.uids);
    if (record.first == 0 || record.origin == 0 || count == 0 || count > kMaxRecords ||
        record.first + count > UINT32_MAX)
        return Error{Code::corrupt, "move: makes no sense"};
    return success();
}

// Lines of a key and a value behind the first one, down to the checksum of all before it.
using TakeLine = std::function<Status(std::string_view key, std::string_view value)>;
Status read_lines(std::string_view text, std::string_view first_line, const TakeLine& take)
{
    if (!text.starts_with(first_line)) return Error{Code::corrupt, "move: no record"};
    std::string_view rest = text;
    for (size_t end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
        const std::string_view line = rest.substr(0, end);
        const size_t space = line.find(' ');
        const std::string_view key = line.substr(0, space);
        const std::string_view value = space == line.npos ? "" : line.substr(space + 1);
        if (key == "end") {
            const auto before = static_cast<size_t>(line.data() - text.data());
            if (value != cat(checksum(text.substr(0, before)))) break;
            return success();
        }
        if (!take(key, value)) break;
        rest.remove_prefix(end + 1);
    }
    return Error{Code::corrupt, "move: checksum"};
}

Result<std::string> ended(std::string lines)
{
    cat_to(lines, "end ", checksum(lines), '\n');
    if (lines.size() > kMaxMoveRecord) return Error{Code::limit, "too many messages in one move"};
    return lines;
}

// What can be told of a mailbox by its directory.
struct Looked {
    bool is_target = false;
    std::vector<uint32_t> arrived;
};

class Target {
 public:
    Target(int directory, const MoveRecord& record, const GuidOf& guid)
        : directory_(directory), record_(record), guid_(guid), uids_(numbers_of(record.uids))
    {
    }

    Result<std::vector<uint32_t>> arrived()
    {
        TRY_ASSIGN(index_, IndexFile::open(directory_));
        TRY_ASSIGN(const IndexHeader header, index_.read_header());
        TRY_ASSIGN(const uint32_t there, index_.map_most(header.records));
        const uint32_t last = record_.first + static_cast<uint32_t>(uids_.size()) - 1;
        bool broken = false;  // records that may be of these UIDs
        for (uint32_t slot = 0; slot < header.records; slot++) {
            auto read = slot < there ? index_.record(slot) : Error{Code::corrupt, "cut"};
            if (!read) {
                broken = true;
                continue;
            }
            if (read->uid > last) break;
            if (read->uid < record_.first)
                broken = false;
            else if (read->origin == record_.origin)
                note_committed(*read);
            else if (read->origin == 0)
                take_if_same(read->uid, read->guid_bytes());
        }
        if (committed_) return all_but_lost();
        for (uint32_t uid = record_.first; broken && uid <= last && uid < header.uidnext; uid++)
            if (auto file = describe_message(directory_, uid); file)
                take_if_same(uid, file->guid_bytes());
        return std::move(found_);
    }

 private:
    void note_committed(const IndexRecord& record)
    {
        committed_ = true;
        struct stat st {};
        if (!record.expunged() &&
            ::fstatat(directory_, message_name(record.uid).c_str(), &st, 0) != 0)
            lost_.push_back(uids_[record.uid - record_.first]);
    }

    std::vector<uint32_t> all_but_lost() const
    {
        std::vector<uint32_t> out;
        std::set_difference(uids_.begin(), uids_.end(), lost_.begin(), lost_.end(),
                            std::back_inserter(out));
        return out;
    }

    void take_if_same(uint32_t uid, std::string_view guid)
    {
        const uint32_t here = uids_[uid - record_.first];
        if (guid_(here) == guid && (found_.empty() || found_.back() < here)) found_.push_back(here);
    }

    int directory_;
    const MoveRecord& record_;
    const GuidOf& guid_;
    const std::vector<uint32_t> uids_;
    IndexFile index_;
    bool committed_ = false;
    std::vector<uint32_t> lost_;  // counted there, and without a file
    std::vector<uint32_t> found_;
};

// What says that nothing is to be known there, now or later.
bool is_doubt(const Error& error)
{
    return error.code == Code::not_found || error.code == Code::corrupt ||
           error.code == Code::unsupported;
}

Result<Looked> look(const std::string& path, const MoveRecord& record, const GuidOf& guid)
{
    Looked looked;
    auto directory = open_file(path, O_RDONLY | O_DIRECTORY);
    if (directory.is(Code::not_found)) return looked;
    if (!directory) return std::move(directory).error();
    auto header = HeaderFile::read(directory->get());
    if (!header && is_doubt(header.error())) return looked;
    if (!header) return std::move(header).error();
    if (header->uniqueid != record.uniqueid) return looked;
    looked.is_target = true;
    auto arrived = Target(directory->get(), record, guid).arrived();
    if (arrived)
        looked.arrived = *std::move(arrived);
    else if (!is_doubt(arrived.error()))
        return std::move(arrived).error();
    return looked;
}

// It has another name than the record says.
Result<std::vector<uint32_t>> look_everywhere(const PathOptions& paths, const MoveRecord& record,
                                              const GuidOf& guid)
{
    if (!record.uniqueid.empty()) {
        TRY_ASSIGN(const auto entries, find_mailboxes(paths, false));
        for (const auto& entry : entries) {
            TRY_ASSIGN(const std::string path, mailbox_directory(paths, entry));
            TRY_ASSIGN(Looked looked, look(path, record, guid));
            if (!looked.arrived.empty()) return std::move(looked.arrived);
        }
    }
    log::warning("messages of a move that was cut short stay where they were",
                 {{"to", record.name}, {"uniqueid", record.uniqueid}});
    return std::vector<uint32_t>();
}

}  // namespace

std::vector<uint32_t> numbers_of(const UidSet& uids)
{
    std::vector<uint32_t> out;
    out.reserve(count_of(uids));
    for (const UidSet::Range& range : uids.ranges())
        for (uint64_t uid = range.first; uid <= range.last; uid++)
            out.push_back(static_cast<uint32_t>(uid));
    return out;
}

Result<MoveRecord> MoveRecord::parse(std::string_view text)
{
    MoveRecord record;
    TRY(read_lines(text, kFirstLine, [&](std::string_view key, std::string_view value) {
        return take_line(record, key, value);
    }));
    TRY(check(record));
    return record;
}

Result<std::string> MoveRecord::to_text() const
{
    return ended(cat(kFirstLine, "\nname ", name, "\npartition ", partition, "\nuniqueid ",
                     uniqueid, "\nuidvalidity ", uidvalidity, "\nfirst ", first, "\norigin ",
                     origin, replaces ? "\nreplaces yes" : "", "\nuids ", uids.to_string(),
                     '\n'));
}

bool is_removal(std::string_view text)
{
    return text.starts_with(kRemoval);
}

Result<std::string> removal_text(const UidSet& uids)
{
    return ended(cat(kRemoval, "\nuids ", uids.to_string(), '\n'));
}

Result<UidSet> parse_removal(std::string_view text)
{
    UidSet uids;
    TRY(read_lines(text, kRemoval, [&](std::string_view key, std::string_view value) -> Status {
        if (key != "uids") return success();
        TRY_ASSIGN(uids, UidSet::parse(value));
        return success();
    }));
    if (count_of(uids) > kMaxRecords) return Error{Code::corrupt, "removal: makes no sense"};
    return uids;
}

Result<std::vector<uint32_t>> arrived(const PathOptions& paths, const MoveRecord& record,
                                      const GuidOf& guid)
{
    auto name = model::MailboxName::from_internal(record.name);
    if (!name) return look_everywhere(paths, record, guid);
    model::MailboxEntry entry{.name = *std::move(name),
                              .server = {},
                              .partition = record.partition,
                              .acl = {},
                              .uniqueid = record.uniqueid};
    auto path = mailbox_directory(paths, entry);
    if (!path) return look_everywhere(paths, record, guid);
    TRY_ASSIGN(Looked looked, look(*path, record, guid));
    // A rename that goes by copying leaves it in two places; the records are in both.
    if (looked.is_target) return std::move(looked.arrived);
    return look_everywhere(paths, record, guid);
}

}  // namespace rookery::store
