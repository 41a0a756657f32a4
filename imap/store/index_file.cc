// The map and the writes of an index.
#include "imap/store/index_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

constexpr const char* kNewIndexName = "rookery.index.NEW";
constexpr int kTornRetries = 200;

Status write_whole_index(int fd, const IndexHeader& header, std::span<const IndexRecord> records)
{
    std::string out(kIndexHeaderSize, '\0');
    encode(header, out.data());
    for (const IndexRecord& record : records) {
        if (out.size() >= 1u << 16) {
            TRY(write_all(fd, out));
            out.clear();
        }
        size_t start = out.size();
        out.resize(start + kIndexRecordSize);
        encode(record, out.data() + start);
    }
    TRY(write_all(fd, out));
    return sync_fd(fd);
}

}  // namespace

Status write_at(int fd, std::string_view bytes, uint64_t offset)
{
    while (!bytes.empty()) {
        ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0) {
            if (errno == EINTR) continue;
            return errno_error("pwrite");
        }
        bytes.remove_prefix(static_cast<size_t>(n));
        offset += static_cast<uint64_t>(n);
    }
    return success();
}

IndexFile::IndexFile(IndexFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      map_(std::exchange(other.map_, nullptr)),
      mapped_(std::exchange(other.mapped_, 0)),
      mapped_records_(std::exchange(other.mapped_records_, 0))
{
}

IndexFile& IndexFile::operator=(IndexFile&& other) noexcept
{
    if (this == &other) return *this;
    unmap();
    fd_ = std::move(other.fd_);
    map_ = std::exchange(other.map_, nullptr);
    mapped_ = std::exchange(other.mapped_, 0);
    mapped_records_ = std::exchange(other.mapped_records_, 0);
    return *this;
}

IndexFile::~IndexFile()
{
    unmap();
}

void IndexFile::unmap()
{
    if (map_ != nullptr) ::munmap(map_, mapped_);
    map_ = nullptr;
    mapped_ = 0;
    mapped_records_ = 0;
}

Result<IndexFile> IndexFile::open(int directory)
{
    int fd = ::openat(directory, kIndexName, O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return Error{Code::corrupt, "index is missing"};
    if (fd < 0) return errno_error(kIndexName);
    IndexFile file;
    file.fd_ = Fd(fd);
    TRY(file.map_records(0));
    return file;
}

Status IndexFile::replace(int directory, const IndexHeader& header,
                          std::span<const IndexRecord> records)
{
    int fd = ::openat(directory, kNewIndexName, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return errno_error(kNewIndexName);
    Fd owned(fd);
    Status written = write_whole_index(fd, header, records);
    if (written && ::renameat(directory, kNewIndexName, directory, kIndexName) != 0)
        written = errno_error(cat("rename ", kIndexName));
    if (!written) ::unlinkat(directory, kNewIndexName, 0);
    return written;
}

bool IndexFile::replaced() const
{
    struct stat st {};
    return ::fstat(fd_.get(), &st) != 0 || st.st_nlink == 0;
}

Status IndexFile::map_records(uint32_t count)
{
    if (map_ != nullptr && count <= mapped_records_) return success();
    struct stat st {};
    if (::fstat(fd_.get(), &st) != 0) return errno_error("fstat index");
    size_t needed = kIndexHeaderSize + size_t{count} * kIndexRecordSize;
    auto size = static_cast<size_t>(st.st_size);
    if (size < needed) return Error{Code::corrupt, "index: shorter than its header says"};
    void* map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd_.get(), 0);
    if (map == MAP_FAILED) return errno_error("mmap index");
    unmap();
    map_ = static_cast<char*>(map);
    mapped_ = size;
    mapped_records_ = static_cast<uint32_t>((size - kIndexHeaderSize) / kIndexRecordSize);
    return success();
}

Result<uint32_t> IndexFile::map_most(uint32_t count)
{
    struct stat st {};
    if (::fstat(fd_.get(), &st) != 0) return errno_error("fstat index");
    const auto size = static_cast<size_t>(st.st_size);
    const size_t there = size < kIndexHeaderSize ? 0 : (size - kIndexHeaderSize) / kIndexRecordSize;
    count = static_cast<uint32_t>(std::min<size_t>(count, there));
    TRY(map_records(count));
    return count;
}

bool IndexFile::is_intact(uint32_t count)
{
    if (!map_records(count)) return false;
    for (uint32_t slot = 0; slot < count; slot++)
        if (!record(slot)) return false;
    return true;
}

void IndexFile::release_pages() const
{
#ifdef MADV_DONTNEED
    if (map_ != nullptr) ::madvise(map_, mapped_, MADV_DONTNEED);
#endif
}

Result<IndexHeader> IndexFile::read_header() const
{
    char copy[kIndexHeaderSize];
    for (int attempt = 0;; attempt++) {
        memcpy(copy, map_, sizeof copy);
        auto header = decode_header(copy);
        if (header || attempt >= kTornRetries) return header;
        ::sched_yield();
    }
}

Result<IndexRecord> IndexFile::record(uint32_t slot) const
{
    char copy[kIndexRecordSize];
    for (int attempt = 0;; attempt++) {
        memcpy(copy, at(slot), sizeof copy);
        if (record_is_intact(copy)) return decode_record(copy);
        if (attempt >= kTornRetries)
            return Error{Code::corrupt, cat("index: checksum of record ", slot)};
        ::sched_yield();
    }
}

IndexRecord IndexFile::newest(uint32_t slot) const
{
    auto intact = record(slot);
    if (intact) return *intact;
    if (!std::exchange(told_, true))
        log::error("index record is broken: made again when the mailbox is opened next",
                   {{"reason", intact.error()}});
    return decode_record(at(slot));
}

uint32_t IndexFile::lower_bound(uint32_t wanted, uint32_t count) const
{
    uint32_t low = 0;
    while (count > 0) {
        uint32_t half = count / 2;
        if (uid(low + half) < wanted) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

Status IndexFile::write_records(uint32_t slot, std::span<const IndexRecord> records)
{
    constexpr size_t kBatch = 512;
    std::string out;
    while (!records.empty()) {
        auto batch = records.first(std::min(kBatch, records.size()));
        out.resize(batch.size() * kIndexRecordSize);
        for (size_t i = 0; i < batch.size(); i++)
            encode(batch[i], out.data() + i * kIndexRecordSize);
        TRY(store::write_at(fd_.get(), out, kIndexHeaderSize + uint64_t{slot} * kIndexRecordSize));
        slot += static_cast<uint32_t>(batch.size());
        records = records.subspan(batch.size());
    }
    return success();
}

Status IndexFile::write_header(const IndexHeader& header)
{
    char out[kIndexHeaderSize];
    encode(header, out);
    return store::write_at(fd_.get(), {out, sizeof out}, 0);
}

Status IndexFile::write_text(uint32_t slot, std::string_view text)
{
    return store::write_at(fd_.get(), text, kIndexHeaderSize + uint64_t{slot} * kIndexRecordSize);
}

Result<std::string> IndexFile::read_text(uint32_t slot, size_t max) const
{
    struct stat st {};
    if (::fstat(fd_.get(), &st) != 0) return errno_error("fstat index");
    const uint64_t start = kIndexHeaderSize + uint64_t{slot} * kIndexRecordSize;
    const auto size = static_cast<uint64_t>(st.st_size);
    std::string text(size > start ? std::min<uint64_t>(size - start, max) : 0, '\0');
    size_t got = 0;
    while (got < text.size()) {
        const ssize_t n = ::pread(fd_.get(), text.data() + got, text.size() - got,
                                  static_cast<off_t>(start + got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error("pread index");
        if (n == 0) break;
        got += static_cast<size_t>(n);
    }
    text.resize(got);
    return text;
}

Status IndexFile::sync()
{
    return sync_fd(fd_.get());
}

}  // namespace rookery::store
