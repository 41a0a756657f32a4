// IndexFile: the index of one mailbox, mapped for reading, written with pwrite.
//
// Readers need no lock: header and records are copied out of the map and believed when their
// checksum is right; a copy caught in the middle of a write is taken again. Writers hold the
// mailbox lock, write records beyond the committed count or in place, and commit with the header.
// The map grows when map_records() asks for more. Codes: io, no_space, corrupt,
// unsupported. Thread rule: one thread.
#ifndef ROOKERY_IMAP_STORE_INDEX_FILE_H
#define ROOKERY_IMAP_STORE_INDEX_FILE_H

#include <span>
#include <string>

#include "imap/store/index_format.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::store {

inline constexpr const char* kIndexName = "rookery.index";

class IndexFile {
 public:
    IndexFile() = default;
    IndexFile(IndexFile&& other) noexcept;
    IndexFile& operator=(IndexFile&& other) noexcept;
    ~IndexFile();

    // The index in the directory, for both; corrupt if there is none: a mailbox has one.
    static Result<IndexFile> open(int directory);
    // Writes a whole new index beside the old one and puts it in its place, durably except for the
    // directory, which the caller syncs.
    static Status replace(int directory, const IndexHeader& header,
                          std::span<const IndexRecord> records);

    int fd() const { return fd_.get(); }
    // True if another file took this one's name, or none has it any more.
    bool replaced() const;

    Result<IndexHeader> read_header() const;
    // Makes records 0..count-1 readable.
    Status map_records(uint32_t count);
    // The same for as many of them as the file has; gives how many.
    Result<uint32_t> map_most(uint32_t count);
    // True if records 0..count-1 are there and each has its checksum.
    bool is_intact(uint32_t count);
    // Gives the map's pages back; they return when touched.
    void release_pages() const;

    // slot must be below the mapped count. Copies until the checksum is right, a few times.
    Result<IndexRecord> record(uint32_t slot) const;
    // The same; a record that stays broken is given as it is, which is logged once.
    IndexRecord newest(uint32_t slot) const;
    uint32_t uid(uint32_t slot) const { return load32(at(slot) + kRecordUid); }
    uint32_t size(uint32_t slot) const { return load32(at(slot) + kRecordSize); }
    uint32_t flags(uint32_t slot) const { return load32(at(slot) + kRecordFlags); }
    uint32_t state(uint32_t slot) const { return load32(at(slot) + kRecordState); }
    uint64_t modseq(uint32_t slot) const { return load64(at(slot) + kRecordModseq); }
    Ending ending(uint32_t slot) const { return ending_from(load32(at(slot) + kRecordEnding)); }
    uint64_t sent(uint32_t slot) const { return sent_at(at(slot)); }
    uint64_t cache_offset(uint32_t slot) const { return load64(at(slot) + kRecordCacheOffset); }
    uint32_t cache_size(uint32_t slot) const { return load32(at(slot) + kRecordCacheSize); }
    std::string_view guid(uint32_t slot) const { return {at(slot) + kRecordGuid, kGuidSize}; }
    // The first slot below count whose UID is not below uid.
    uint32_t lower_bound(uint32_t uid, uint32_t count) const;

    Status write_records(uint32_t slot, std::span<const IndexRecord> records);
    Status write_header(const IndexHeader& header);
    // Text from the place of a record that does not count to, at most, the end of the file.
    Status write_text(uint32_t slot, std::string_view text);
    Result<std::string> read_text(uint32_t slot, size_t max) const;
    Status sync();

 private:
    const char* at(uint32_t slot) const
    {
        return map_ + kIndexHeaderSize + size_t{slot} * kIndexRecordSize;
    }
    void unmap();

    Fd fd_;
    char* map_ = nullptr;
    size_t mapped_ = 0;
    uint32_t mapped_records_ = 0;
    mutable bool told_ = false;  // that a record is broken
};

// Writes bytes at offset, whole or with an error.
Status write_at(int fd, std::string_view bytes, uint64_t offset);

}  // namespace rookery::store

#endif
