// The index file of a mailbox: layout and conversion. doc/formats/index.md describes it.
//
// One header of 512 bytes, then records of 128 bytes, little-endian, each with a CRC-32 at its end.
// Neither crosses a 512 byte boundary, so a write of one is whole or absent on every disk and in
// the page cache. Offsets here are the only place where the layout is written down in code.
// decode fails with corrupt (checksum, magic) or unsupported (a newer version).
#ifndef ROOKERY_IMAP_STORE_INDEX_FORMAT_H
#define ROOKERY_IMAP_STORE_INDEX_FORMAT_H

#include <string.h>

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "imap/model/flags.h"
#include "lib/base/result.h"
#include "lib/text/imap_date.h"

namespace rookery::store {

inline constexpr std::string_view kIndexMagic = "RKINDEX\n";
inline constexpr uint32_t kIndexVersion = 1;
inline constexpr size_t kIndexHeaderSize = 512;
inline constexpr size_t kIndexRecordSize = 128;
inline constexpr size_t kGuidSize = 20;
inline constexpr uint32_t kMaxRecords = 16'000'000;  // 2 GB of index

// IndexHeader::state
inline constexpr uint32_t kStateDirty = 1;    // records were being changed: counts may be wrong
inline constexpr uint32_t kStateDeleted = 2;  // the mailbox was deleted
inline constexpr uint32_t kStateMoved = 4;    // its files went to another directory
inline constexpr uint32_t kStateGarbage = 8;  // expunged messages still have files
inline constexpr uint32_t kStateFrozen = 16;  // on its way to another server: nobody may write
inline constexpr uint32_t kStateLeft = 32;    // with kStateMoved: to another server

// IndexRecord::state
inline constexpr uint32_t kRecordExpunged = 1;
inline constexpr uint32_t kRecordUnlinked = 2;   // expunged, and its file is gone
inline constexpr uint32_t kRecordMoved = 4;      // expunged because it is in another mailbox now
inline constexpr uint32_t kRecordTakenBack = 8;  // expunged, and here again under another UID

// How the bytes of a message end: POP3 tells its size with the CRLF that may be missing.
enum class Ending : uint32_t {
    unknown = 0,  // written by an older version
    crlf = 1,
    other = 2,
};
Ending ending_of(std::string_view message);
Ending ending_from(uint32_t stored);  // what this version does not know is unknown

struct IndexHeader {
    uint32_t state = 0;
    uint64_t generation = 1;  // grows when the file is written anew
    uint32_t uidvalidity = 0;
    uint32_t uidnext = 1;
    uint32_t records = 0;  // committed; what follows them in the file does not count
    uint32_t exists = 0;   // records not expunged; the next four count among these
    uint32_t unseen = 0;   // without the owner's \Seen
    uint32_t deleted = 0;
    uint32_t answered = 0;
    uint32_t flagged = 0;
    uint64_t size = 0;
    uint32_t recentuid = 0;  // the last UID that a session was told as \Recent
    uint32_t keywords = 0;   // how many names the header file had
    uint64_t highestmodseq = 1;
    uint64_t deletedmodseq = 0;  // of the newest record that was dropped from the file
    uint64_t changedmodseq = 0;  // of the last change to a record that existed
    uint64_t name_hash = 0;      // of the internal name: an open view notices a rename
    int64_t last_append = 0;
    // The slot behind the records where a move or a removal that is under way is written down; 0 =
    // none is.
    uint32_t move_slot = 0;
    int64_t pop3_last_login = 0;  // seconds since the epoch, as mailbox/poll_times.h counts them

    bool operator==(const IndexHeader&) const = default;
};

struct IndexRecord {
    uint32_t uid = 0;
    uint32_t size = 0;
    int64_t internaldate = 0;
    int32_t zone_minutes = 0;
    uint32_t system_flags = 0;
    uint32_t state = 0;
    uint32_t header_size = 0;
    uint64_t modseq = 0;
    uint64_t cache_offset = 0;  // 0 = not in the cache
    uint32_t cache_size = 0;
    int64_t save_date = 0;     // when it came into this mailbox
    int64_t last_updated = 0;  // when it was expunged or last changed
    model::KeywordBits keywords;
    std::array<char, kGuidSize> guid{};
    // The same number in all that one append brought; 0 = made from the file, or by another server.
    uint64_t origin = 0;
    Ending ending = Ending::unknown;
    uint64_t sent = 0;  // its Date:, by encode_sent(); 0 = not known

    bool expunged() const { return (state & kRecordExpunged) != 0; }
    std::string_view guid_bytes() const { return {guid.data(), guid.size()}; }
};

// Where single fields lie in a record, for readers that scan.
inline constexpr size_t kRecordUid = 0;
inline constexpr size_t kRecordSize = 4;
inline constexpr size_t kRecordFlags = 20;
inline constexpr size_t kRecordState = 24;
inline constexpr size_t kRecordModseq = 32;
inline constexpr size_t kRecordCacheOffset = 40;
inline constexpr size_t kRecordCacheSize = 80;
inline constexpr size_t kRecordSentLow = 84;
inline constexpr size_t kRecordGuid = 88;
inline constexpr size_t kRecordEnding = 116;
inline constexpr size_t kRecordSentHigh = 120;

void encode(const IndexHeader& header, char* out);  // kIndexHeaderSize bytes
Result<IndexHeader> decode_header(const char* in);
void encode(const IndexRecord& record, char* out);  // kIndexRecordSize bytes
bool record_is_intact(const char* in);              // the checksum is right
IndexRecord decode_record(const char* in);          // whatever the checksum says

// The Date: of a message, or that it has none that can be read. 0 where it has no room.
uint64_t encode_sent(const std::optional<text::DateTime>& date);
// none: not known, or found out by the rules of another version.
std::optional<std::optional<text::DateTime>> decode_sent(uint64_t stored);

// Inline, since a look at all messages consists of them.
inline uint32_t load32(const char* p)
{
    uint32_t n;
    memcpy(&n, p, sizeof n);
    if constexpr (std::endian::native == std::endian::big)
        n = n >> 24 | (n >> 8 & 0xff00) | (n & 0xff00) << 8 | n << 24;
    return n;
}
inline uint64_t load64(const char* p)
{
    return uint64_t{load32(p)} | uint64_t{load32(p + 4)} << 32;
}
void store32(char* p, uint32_t n);
void store64(char* p, uint64_t n);
// CRC-32; before: the sum of what lies before these bytes.
uint32_t checksum(std::string_view bytes, uint32_t before = 0);
uint64_t hash64(std::string_view bytes);  // FNV-1a

inline uint64_t sent_at(const char* record)  // what encode_sent() gave
{
    return load32(record + kRecordSentLow) | uint64_t{load32(record + kRecordSentHigh)} << 32;
}

}  // namespace rookery::store

#endif
