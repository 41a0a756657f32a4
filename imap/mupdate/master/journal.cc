// File = header, records. Header: magic, version u32, epoch, parent epoch, parent serial, first
// serial (u64 each), crc32 of what is before. Record: length u32 (of what follows crc), crc32 of
// that, epoch u64, serial u64, body. Numbers are little-endian.
#include "imap/mupdate/master/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <vector>

#include <zlib.h>

#include "imap/mupdate/bytes.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::mupdate {

namespace {

constexpr size_t kHeaderSize = 8 + 4 + 4 * 8 + 4;
constexpr size_t kRecordHead = 4 + 4;
constexpr size_t kRecordFixed = 8 + 8;
constexpr size_t kMaxLogFile = size_t{2} << 30;
constexpr std::string_view kPrefix = "log.";

uint32_t crc_of(std::string_view bytes)
{
    static_assert(sizeof(Bytef) == 1);
    const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
    return static_cast<uint32_t>(::crc32(0L, data, static_cast<uInt>(bytes.size())));
}

std::string file_name(const std::string& directory, uint64_t first)
{
    std::string digits(16, '0');
    for (size_t i = 16; i-- > 0; first >>= 4) digits[i] = "0123456789abcdef"[first & 15];
    return cat(directory, '/', kPrefix, digits);
}

struct LogFile {
    uint64_t first = 0;
    std::string path;
};

Result<std::vector<LogFile>> log_files(const std::string& directory)
{
    struct Close {
        void operator()(DIR* d) const { ::closedir(d); }
    };
    std::unique_ptr<DIR, Close> dir(::opendir(directory.c_str()));
    if (!dir) return errno_error(cat("opendir ", directory));
    std::vector<LogFile> files;
    while (const dirent* entry = ::readdir(dir.get())) {
        std::string_view name = entry->d_name;
        if (!name.starts_with(kPrefix) || name.size() != kPrefix.size() + 16) continue;
        uint64_t first = 0;
        for (char c : name.substr(kPrefix.size())) {
            size_t digit = std::string_view("0123456789abcdef").find(c);
            if (digit == std::string_view::npos) break;
            first = first << 4 | digit;
        }
        files.push_back({first, cat(directory, '/', name)});
    }
    std::sort(files.begin(), files.end(),
              [](const LogFile& a, const LogFile& b) { return a.first < b.first; });
    return files;
}

std::string make_header(uint64_t epoch, Position parent)
{
    std::string header(kLogMagic);
    put_number(header, kLogVersion);
    put_number(header, epoch);
    put_number(header, parent.epoch);
    put_number(header, parent.serial);
    put_number(header, parent.serial + 1);
    put_number(header, crc_of(header));
    return header;
}

struct Header {
    uint64_t epoch = 0;
    Position parent;
};

// corrupt: torn or overwritten. unsupported: made by a newer version.
Result<Header> read_header(std::string_view bytes, const std::string& path)
{
    if (bytes.size() < kHeaderSize || !bytes.starts_with(kLogMagic))
        return Error{Code::corrupt, cat(path, ": not a change log")};
    Reader in(bytes.substr(kLogMagic.size(), kHeaderSize - kLogMagic.size()));
    uint32_t version = in.number<uint32_t>();
    if (version > kLogVersion)
        return Error{Code::unsupported, cat(path, ": version ", version, " is newer than ",
                                            kLogVersion, ", which this program knows")};
    Header header;
    header.epoch = in.number<uint64_t>();
    header.parent.epoch = in.number<uint64_t>();
    header.parent.serial = in.number<uint64_t>();
    in.number<uint64_t>();
    if (in.number<uint32_t>() != crc_of(bytes.substr(0, kHeaderSize - 4)))
        return Error{Code::corrupt, cat(path, ": the header fails its check")};
    return header;
}

struct Record {
    uint64_t serial = 0;
    std::string_view body;
    size_t size = 0;
};

// The record at the beginning of bytes, if there is a whole and sound one.
bool read_record(std::string_view bytes, uint64_t epoch, Record& out)
{
    if (bytes.size() < kRecordHead + kRecordFixed) return false;
    Reader in(bytes);
    uint32_t length = in.number<uint32_t>();
    uint32_t crc = in.number<uint32_t>();
    if (length < kRecordFixed || length > kMaxLogRecord || length > bytes.size() - kRecordHead)
        return false;
    if (in.number<uint64_t>() != epoch) return false;
    out.serial = in.number<uint64_t>();
    if (crc != crc_of(bytes.substr(kRecordHead, length))) return false;
    out.body = bytes.substr(kRecordHead + kRecordFixed, length - kRecordFixed);
    out.size = kRecordHead + length;
    return true;
}

// Is there a sound record anywhere behind a bad one?
bool sound_record_follows(std::string_view bytes, uint64_t epoch)
{
    Record record;
    for (size_t at = 1; at + kRecordHead + kRecordFixed <= bytes.size(); ++at)
        if (read_record(bytes.substr(at), epoch, record)) return true;
    return false;
}

Status cut(const std::string& path, size_t offset, size_t lost)
{
    log::warning("cut the end of the change log",
                 {{"file", path}, {"offset", offset}, {"bytes", lost}});
    TRY_ASSIGN(Fd fd, open_file(path, O_RDWR));
    if (::ftruncate(fd.get(), static_cast<off_t>(offset)) != 0)
        return errno_error(cat("ftruncate ", path));
    return sync_fd(fd.get());
}

Status bad_record(const LogFile& file, size_t offset, std::string_view rest, uint64_t epoch,
                  bool last)
{
    if (last && !sound_record_follows(rest, epoch)) return cut(file.path, offset, rest.size());
    return Error{Code::corrupt, cat(file.path, ": bad record at offset ", offset,
                                    " with good ones behind it; "
                                    "keep a copy, then 'truncate -s ",
                                    offset, ' ', file.path, "' gives up what follows")};
}

Status replay_file(const LogFile& file, bool last, uint64_t after, const Replay& replay,
                   Position& at)
{
    TRY_ASSIGN(std::string bytes, read_file(file.path, kMaxLogFile));
    auto header = read_header(bytes, file.path);
    if (!header) {
        // A file that was being made when the machine stopped holds nothing yet.
        if (!last || !header.is(Code::corrupt) || bytes.size() > kHeaderSize) return header.error();
        log::warning("removed an unfinished change log", {{"file", file.path}});
        if (::unlink(file.path.c_str()) != 0) return errno_error(cat("unlink ", file.path));
        return success();
    }
    if (replay.line) replay.line(header->epoch, header->parent);
    // An epoch without a change is one all the same: servers may have stood in it.
    if (header->parent.serial >= at.serial) at = {header->epoch, header->parent.serial};
    uint64_t expected = header->parent.serial + 1;
    size_t offset = kHeaderSize;
    while (offset < bytes.size()) {
        std::string_view rest = std::string_view(bytes).substr(offset);
        Record record;
        if (!read_record(rest, header->epoch, record))
            return bad_record(file, offset, rest, header->epoch, last);
        if (record.serial != expected)
            return Error{Code::corrupt, cat(file.path, ": serial ", record.serial, " at offset ",
                                            offset, ", expected ", expected)};
        ++expected;
        offset += record.size;
        at = {header->epoch, record.serial};
        if (record.serial > after) TRY(replay.record(record.serial, record.body));
    }
    return success();
}

}  // namespace

Journal::Journal(std::string directory, uint64_t epoch, uint64_t serial)
    : directory_(std::move(directory)), epoch_(epoch), serial_(serial)
{
}

Result<Journal> Journal::start(const std::string& directory, uint64_t epoch, Position parent)
{
    Journal journal(directory, epoch, parent.serial);
    TRY(journal.open_file_after(parent));
    return journal;
}

Status Journal::open_file_after(Position parent)
{
    const std::string path = file_name(directory_, parent.serial + 1);
    TRY_ASSIGN(Fd fd, open_file(path, O_RDWR | O_CREAT | O_TRUNC));
    const std::string header = make_header(epoch_, parent);
    TRY(write_all(fd.get(), header));
    TRY(sync_fd(fd.get()));
    TRY(sync_directory(directory_));
    file_ = std::move(fd);
    durable_ = header.size();
    first_in_file_ = parent.serial + 1;
    return success();
}

Status Journal::append(std::span<const std::string> bodies)
{
    if (broken_) return Error{Code::io, "the change log is broken"};
    std::string out;
    uint64_t serial = serial_;
    for (const std::string& body : bodies) {
        std::string checked;
        put_number(checked, epoch_);
        put_number(checked, ++serial);
        checked.append(body);
        put_number(out, static_cast<uint32_t>(checked.size()));
        put_number(out, crc_of(checked));
        out.append(checked);
    }
    Status written = write_all(file_.get(), out);
    if (!written) {
        const auto end = static_cast<off_t>(durable_);
        if (::ftruncate(file_.get(), end) != 0 || ::lseek(file_.get(), end, SEEK_SET) != end)
            broken_ = true;
        return written;
    }
    Status synced = sync_fd(file_.get());
    if (!synced) {
        broken_ = true;
        return synced;
    }
    durable_ += out.size();
    serial_ = serial;
    return success();
}

Status Journal::rotate()
{
    if (serial_ + 1 == first_in_file_) return success();
    return open_file_after({epoch_, serial_});
}

Status Journal::remove_through(uint64_t serial)
{
    TRY_ASSIGN(std::vector<LogFile> files, log_files(directory_));
    for (size_t i = 0; i + 1 < files.size(); ++i) {
        if (files[i].first == first_in_file_ || files[i + 1].first > serial + 1) continue;
        if (::unlink(files[i].path.c_str()) != 0) return errno_error(cat("unlink ", files[i].path));
    }
    return sync_directory(directory_);
}

Result<Position> replay_logs(const std::string& directory, uint64_t after, const Replay& replay)
{
    TRY_ASSIGN(std::vector<LogFile> files, log_files(directory));
    Position at{0, after};
    uint64_t next = 0;
    for (size_t i = 0; i < files.size(); ++i) {
        if (next == 0 && files[i].first > after + 1)
            return Error{Code::corrupt, cat(directory, ": the change log begins at ",
                                            files[i].first, ", the list ends at ", after)};
        if (next != 0 && files[i].first != next)
            return Error{Code::corrupt, cat(directory, ": changes from ", next, " to ",
                                            files[i].first - 1, " are missing")};
        TRY(replay_file(files[i], i + 1 == files.size(), after, replay, at));
        next = std::max(at.serial + 1, files[i].first);
    }
    if (at.serial < after) at = {0, after};
    return at;
}

Result<Fd> lock_log_directory(const std::string& directory)
{
    TRY(make_directories(directory));
    TRY_ASSIGN(Fd fd, open_file(cat(directory, "/lock"), O_RDWR | O_CREAT));
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(fd.get(), F_SETLK, &lock) != 0)
        return Error{Code::busy, cat(directory, " is in use by another mupdate master")};
    return fd;
}

}  // namespace rookery::mupdate
