// Conversion between index structures and their bytes.
#include "imap/store/index_format.h"

#include <string.h>
#include <zlib.h>

#include "lib/base/strings.h"

namespace rookery::store {

namespace {

// Header fields in their order; offsets are written once, here.
constexpr size_t kHeaderVersion = 8;
constexpr size_t kHeaderSizes = 12;  // header size << 16 | record size
constexpr size_t kHeaderState = 16;
constexpr size_t kHeaderUidvalidity = 20;
constexpr size_t kHeaderGeneration = 24;
constexpr size_t kHeaderUidnext = 32;
constexpr size_t kHeaderRecords = 36;
constexpr size_t kHeaderExists = 40;
constexpr size_t kHeaderUnseen = 44;
constexpr size_t kHeaderDeleted = 48;
constexpr size_t kHeaderAnswered = 52;
constexpr size_t kHeaderFlagged = 56;
constexpr size_t kHeaderRecentuid = 60;
constexpr size_t kHeaderBytes = 64;
constexpr size_t kHeaderHighestmodseq = 72;
constexpr size_t kHeaderDeletedmodseq = 80;
constexpr size_t kHeaderChangedmodseq = 88;
constexpr size_t kHeaderNameHash = 96;
constexpr size_t kHeaderLastAppend = 104;
constexpr size_t kHeaderKeywords = 112;
constexpr size_t kHeaderMoveSlot = 116;
constexpr size_t kHeaderPop3LastLogin = 120;
constexpr size_t kHeaderCrc = kIndexHeaderSize - 4;

constexpr size_t kRecordInternaldate = 8;
constexpr size_t kRecordZone = 16;
constexpr size_t kRecordHeaderSize = 28;
constexpr size_t kRecordSaveDate = 48;
constexpr size_t kRecordLastUpdated = 56;
constexpr size_t kRecordKeywords = 64;  // 16 bytes
constexpr size_t kRecordOrigin = 108;
constexpr size_t kRecordCrc = kIndexRecordSize - 4;
static_assert(kRecordGuid + kGuidSize == kRecordOrigin && kRecordOrigin + 8 == kRecordEnding);
static_assert(kRecordEnding + 4 == kRecordSentHigh && kRecordSentHigh + 4 == kRecordCrc);
static_assert(kRecordCacheSize + 4 == kRecordSentLow && kRecordSentLow + 4 == kRecordGuid);
static_assert(model::kMaxKeywords == 128);

constexpr uint32_t kSizes = (kIndexHeaderSize << 16) | kIndexRecordSize;

void store_signed(char* p, int64_t n)
{
    store64(p, static_cast<uint64_t>(n));
}

int64_t load_signed(const char* p)
{
    return static_cast<int64_t>(load64(p));
}

constexpr size_t kShortText = 256;

// What a byte adds to a CRC-32 that so many bytes stand behind.
constexpr auto kCrcOfByte = [] {
    std::array<std::array<uint32_t, 256>, 8> table{};
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
        table[0][byte] = crc;
    }
    for (size_t behind = 1; behind < table.size(); behind++)
        for (size_t byte = 0; byte < 256; byte++) {
            const uint32_t before = table[behind - 1][byte];
            table[behind][byte] = before >> 8 ^ table[0][before & 0xff];
        }
    return table;
}();

inline uint32_t add_four(uint32_t four, size_t behind)
{
    return kCrcOfByte[behind + 3][four & 0xff] ^ kCrcOfByte[behind + 2][four >> 8 & 0xff] ^
           kCrcOfByte[behind + 1][four >> 16 & 0xff] ^ kCrcOfByte[behind][four >> 24];
}

uint32_t checksum_of_short(std::string_view bytes, uint32_t before)
{
    uint32_t crc = ~before;
    for (; bytes.size() >= 8; bytes.remove_prefix(8))
        crc = add_four(crc ^ load32(bytes.data()), 4) ^ add_four(load32(bytes.data() + 4), 0);
    for (const char c : bytes)
        crc = crc >> 8 ^ kCrcOfByte[0][(crc ^ static_cast<unsigned char>(c)) & 0xff];
    return ~crc;
}

}  // namespace

void store32(char* p, uint32_t n)
{
    const unsigned char b[4] = {
        static_cast<unsigned char>(n & 0xff), static_cast<unsigned char>(n >> 8 & 0xff),
        static_cast<unsigned char>(n >> 16 & 0xff), static_cast<unsigned char>(n >> 24)};
    memcpy(p, b, sizeof b);
}

void store64(char* p, uint64_t n)
{
    store32(p, static_cast<uint32_t>(n & 0xffffffffu));
    store32(p + 4, static_cast<uint32_t>(n >> 32));
}

// zlib takes a short text byte by byte, and those of records and of heads are short.
uint32_t checksum(std::string_view bytes, uint32_t before)
{
    if (bytes.size() <= kShortText) return checksum_of_short(bytes, before);
    uLong crc = before;
    while (!bytes.empty()) {
        std::string_view piece = bytes.substr(0, 1u << 30);
        crc = ::crc32(crc, reinterpret_cast<const Bytef*>(piece.data()),
                      static_cast<uInt>(piece.size()));
        bytes.remove_prefix(piece.size());
    }
    return static_cast<uint32_t>(crc);
}

uint64_t hash64(std::string_view bytes)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (char c : bytes) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return h;
}

Ending ending_of(std::string_view message)
{
    return message.ends_with("\r\n") ? Ending::crlf : Ending::other;
}

Ending ending_from(uint32_t stored)
{
    const auto ending = static_cast<Ending>(stored);
    return ending == Ending::crlf || ending == Ending::other ? ending : Ending::unknown;
}

void encode(const IndexHeader& header, char* out)
{
    memset(out, 0, kIndexHeaderSize);
    memcpy(out, kIndexMagic.data(), kIndexMagic.size());
    store32(out + kHeaderVersion, kIndexVersion);
    store32(out + kHeaderSizes, kSizes);
    store32(out + kHeaderState, header.state);
    store32(out + kHeaderUidvalidity, header.uidvalidity);
    store64(out + kHeaderGeneration, header.generation);
    store32(out + kHeaderUidnext, header.uidnext);
    store32(out + kHeaderRecords, header.records);
    store32(out + kHeaderExists, header.exists);
    store32(out + kHeaderUnseen, header.unseen);
    store32(out + kHeaderDeleted, header.deleted);
    store32(out + kHeaderAnswered, header.answered);
    store32(out + kHeaderFlagged, header.flagged);
    store32(out + kHeaderRecentuid, header.recentuid);
    store64(out + kHeaderBytes, header.size);
    store64(out + kHeaderHighestmodseq, header.highestmodseq);
    store64(out + kHeaderDeletedmodseq, header.deletedmodseq);
    store64(out + kHeaderChangedmodseq, header.changedmodseq);
    store64(out + kHeaderNameHash, header.name_hash);
    store_signed(out + kHeaderLastAppend, header.last_append);
    store32(out + kHeaderKeywords, header.keywords);
    store32(out + kHeaderMoveSlot, header.move_slot);
    store_signed(out + kHeaderPop3LastLogin, header.pop3_last_login);
    store32(out + kHeaderCrc, checksum({out, kHeaderCrc}));
}

Result<IndexHeader> decode_header(const char* in)
{
    if (std::string_view(in, kIndexMagic.size()) != kIndexMagic)
        return Error{Code::corrupt, "index: not an index file"};
    if (load32(in + kHeaderCrc) != checksum({in, kHeaderCrc}))
        return Error{Code::corrupt, "index: header checksum"};
    if (load32(in + kHeaderVersion) > kIndexVersion)
        return Error{Code::unsupported, "index: written by a newer version"};
    if (load32(in + kHeaderSizes) != kSizes) return Error{Code::corrupt, "index: record size"};
    IndexHeader h;
    h.state = load32(in + kHeaderState);
    h.uidvalidity = load32(in + kHeaderUidvalidity);
    h.generation = load64(in + kHeaderGeneration);
    h.uidnext = load32(in + kHeaderUidnext);
    h.records = load32(in + kHeaderRecords);
    h.exists = load32(in + kHeaderExists);
    h.unseen = load32(in + kHeaderUnseen);
    h.deleted = load32(in + kHeaderDeleted);
    h.answered = load32(in + kHeaderAnswered);
    h.flagged = load32(in + kHeaderFlagged);
    h.recentuid = load32(in + kHeaderRecentuid);
    h.size = load64(in + kHeaderBytes);
    h.highestmodseq = load64(in + kHeaderHighestmodseq);
    h.deletedmodseq = load64(in + kHeaderDeletedmodseq);
    h.changedmodseq = load64(in + kHeaderChangedmodseq);
    h.name_hash = load64(in + kHeaderNameHash);
    h.last_append = load_signed(in + kHeaderLastAppend);
    h.keywords = load32(in + kHeaderKeywords);
    h.move_slot = load32(in + kHeaderMoveSlot);
    h.pop3_last_login = load_signed(in + kHeaderPop3LastLogin);
    if (h.records > kMaxRecords) return Error{Code::corrupt, "index: too many records"};
    return h;
}

void encode(const IndexRecord& record, char* out)
{
    memset(out, 0, kIndexRecordSize);
    store32(out + kRecordUid, record.uid);
    store32(out + kRecordSize, record.size);
    store_signed(out + kRecordInternaldate, record.internaldate);
    store32(out + kRecordZone, static_cast<uint32_t>(record.zone_minutes));
    store32(out + kRecordFlags, record.system_flags);
    store32(out + kRecordState, record.state);
    store32(out + kRecordHeaderSize, record.header_size);
    store64(out + kRecordModseq, record.modseq);
    store64(out + kRecordCacheOffset, record.cache_offset);
    store_signed(out + kRecordSaveDate, record.save_date);
    store_signed(out + kRecordLastUpdated, record.last_updated);
    for (size_t i = 0; i < model::kMaxKeywords; i++) {
        if (!record.keywords[i]) continue;
        char& byte = out[kRecordKeywords + i / 8];
        byte = static_cast<char>(static_cast<unsigned char>(byte) | (1u << (i % 8)));
    }
    store32(out + kRecordCacheSize, record.cache_size);
    memcpy(out + kRecordGuid, record.guid.data(), kGuidSize);
    store64(out + kRecordOrigin, record.origin);
    store32(out + kRecordEnding, static_cast<uint32_t>(record.ending));
    store32(out + kRecordSentLow, static_cast<uint32_t>(record.sent));
    store32(out + kRecordSentHigh, static_cast<uint32_t>(record.sent >> 32));
    store32(out + kRecordCrc, checksum({out, kRecordCrc}));
}

bool record_is_intact(const char* in)
{
    return load32(in + kRecordCrc) == checksum({in, kRecordCrc}) && load32(in + kRecordUid) != 0;
}

IndexRecord decode_record(const char* in)
{
    IndexRecord r;
    r.uid = load32(in + kRecordUid);
    r.size = load32(in + kRecordSize);
    r.internaldate = load_signed(in + kRecordInternaldate);
    r.zone_minutes = static_cast<int32_t>(load32(in + kRecordZone));
    r.system_flags = load32(in + kRecordFlags);
    r.state = load32(in + kRecordState);
    r.header_size = load32(in + kRecordHeaderSize);
    r.modseq = load64(in + kRecordModseq);
    r.cache_offset = load64(in + kRecordCacheOffset);
    r.save_date = load_signed(in + kRecordSaveDate);
    r.last_updated = load_signed(in + kRecordLastUpdated);
    for (size_t word = 0; word < 2; word++) {
        uint64_t bits = load64(in + kRecordKeywords + word * 8);
        if (bits != 0) r.keywords |= model::KeywordBits(bits) << (word * 64);
    }
    r.cache_size = load32(in + kRecordCacheSize);
    memcpy(r.guid.data(), in + kRecordGuid, kGuidSize);
    r.origin = load64(in + kRecordOrigin);
    r.ending = ending_from(load32(in + kRecordEnding));
    r.sent = sent_at(in);
    return r;
}

namespace {

// Bits 0 to 41: seconds since 1970, and kEpoch; 42 to 53: the zone in minutes, and kGreenwich; 54:
// there is a date; 56 to 63: by which rules dates are read.
constexpr int64_t kEpoch = int64_t{1} << 41;
constexpr int32_t kGreenwich = 1 << 11;
constexpr uint64_t kHasDate = uint64_t{1} << 54;
constexpr uint64_t kRules = uint64_t{1} << 56;

}  // namespace

uint64_t encode_sent(const std::optional<text::DateTime>& date)
{
    if (!date) return kRules;
    const auto fits = [](int64_t n, int64_t limit) { return -limit <= n && n < limit; };
    if (!fits(date->seconds, kEpoch) || !fits(date->zone_minutes, kGreenwich)) return 0;
    return kRules | kHasDate | static_cast<uint64_t>(date->zone_minutes + kGreenwich) << 42 |
           static_cast<uint64_t>(date->seconds + kEpoch);
}

std::optional<std::optional<text::DateTime>> decode_sent(uint64_t stored)
{
    if (stored >> 56 != kRules >> 56) return std::nullopt;
    if ((stored & kHasDate) == 0) return std::optional<text::DateTime>();
    const auto seconds = static_cast<int64_t>(stored & ((uint64_t{1} << 42) - 1));
    const auto zone = static_cast<int32_t>(stored >> 42 & 0xfff);
    return text::DateTime{seconds - kEpoch, zone - kGreenwich};
}

}  // namespace rookery::store
