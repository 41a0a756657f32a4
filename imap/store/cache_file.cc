// Entry: a head (size, crc of the magic and of the rest of the head, guid, seven lengths, the crc
// of the keys, that of the fields, that of the other texts, the date), the keys, the fields, the
// other texts. File: a magic, then entries, those of another version among them.
#include "imap/store/cache_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "imap/store/index_file.h"
#include "imap/store/index_format.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

// Where the parts of the head lie.
constexpr size_t kSum = 4;
constexpr size_t kGuid = 8;
constexpr size_t kLengths = 28;
constexpr size_t kTexts = 7;
constexpr size_t kSums = 56;  // of the first text, of the second, of the others
constexpr size_t kSent = 68;
constexpr size_t kSentZone = 76;
constexpr size_t kHead = 80;
constexpr uint32_t kNotSent = 0x80000000;  // as the zone: there is no date

constexpr size_t kSmallWindow = 4096;
constexpr size_t kLargeWindow = 262144;

// An entry that another version rendered, by other rules, has another sum.
uint32_t sum_of_head(std::string_view head)
{
    return checksum(head.substr(kGuid, kHead - kGuid), checksum(kCacheRules));
}

uint32_t length(std::string_view entry, size_t text)
{
    return load32(entry.data() + kLengths + 4 * text);
}

Error broken()
{
    return Error{Code::corrupt, "cache: entry is not intact"};
}

Status check_head(std::string_view entry, std::string_view guid)
{
    if (entry.size() < kHead || load32(entry.data()) != entry.size()) return broken();
    if (entry.substr(kGuid, kGuidSize) != guid) return broken();
    if (load32(entry.data() + kSum) != sum_of_head(entry)) return broken();
    uint64_t total = kHead;
    for (size_t i = 0; i < kTexts; i++) total += length(entry, i);
    return total == entry.size() ? success() : Status(broken());
}

std::optional<text::DateTime> date_in(std::string_view entry)
{
    const uint32_t zone = load32(entry.data() + kSentZone);
    if (zone == kNotSent) return std::nullopt;
    return text::DateTime{static_cast<int64_t>(load64(entry.data() + kSent)),
                          static_cast<int32_t>(zone)};
}

// What one of the sums is about.
enum class Group : size_t { order, fields, others };

// Behind a head that is right.
std::string_view bytes_of(std::string_view entry, Group group)
{
    const std::string_view order = entry.substr(kHead, length(entry, 0));
    const std::string_view fields = entry.substr(kHead + order.size(), length(entry, 1));
    if (group == Group::order) return order;
    return group == Group::fields ? fields : entry.substr(kHead + order.size() + fields.size());
}

size_t sum_at(Group group)
{
    return kSums + 4 * static_cast<size_t>(group);
}

// The same, and its sum is right.
Result<std::string_view> intact(std::string_view entry, Group group)
{
    const std::string_view bytes = bytes_of(entry, group);
    if (load32(entry.data() + sum_at(group)) != checksum(bytes)) return broken();
    return bytes;
}

}  // namespace

std::string encode_cache_entry(const mailbox::CachedItems& items, std::string_view guid)
{
    const std::string* texts[kTexts] = {&items.order,  &items.fields,        &items.envelope,
                                        &items.body,   &items.bodystructure, &items.sections,
                                        &items.preview};
    size_t total = kHead;
    for (const std::string* text : texts) total += text->size();
    if (total > kMaxCacheEntry || guid.size() != kGuidSize) return "";
    std::string out(kHead, '\0');
    out.reserve(total);
    for (const std::string* text : texts) out += *text;
    char* head = out.data();
    store32(head, static_cast<uint32_t>(total));
    guid.copy(head + kGuid, kGuidSize);
    for (size_t i = 0; i < kTexts; i++)
        store32(head + kLengths + 4 * i, static_cast<uint32_t>(texts[i]->size()));
    for (const Group group : {Group::order, Group::fields, Group::others})
        store32(head + sum_at(group), checksum(bytes_of(out, group)));
    store64(head + kSent, items.sent ? static_cast<uint64_t>(items.sent->seconds) : 0);
    store32(head + kSentZone,
            items.sent ? static_cast<uint32_t>(items.sent->zone_minutes) : kNotSent);
    store32(head + kSum, sum_of_head(out));
    return out;
}

Result<mailbox::CachedItems> decode_cache_entry(std::string_view entry, std::string_view guid)
{
    TRY(check_head(entry, guid));
    for (const Group group : {Group::order, Group::fields, Group::others})
        TRY(intact(entry, group));
    mailbox::CachedItems items;
    std::string* texts[kTexts] = {&items.order,  &items.fields,        &items.envelope,
                                  &items.body,   &items.bodystructure, &items.sections,
                                  &items.preview};
    size_t at = kHead;
    for (size_t i = 0; i < kTexts; i++) {
        texts[i]->assign(entry.substr(at, length(entry, i)));
        at += length(entry, i);
    }
    items.sent = date_in(entry);
    return items;
}

Result<text::KeptFields> decode_cached_fields(std::string_view entry, std::string_view guid)
{
    TRY(check_head(entry, guid));
    TRY_ASSIGN(const std::string_view fields, intact(entry, Group::fields));
    return text::KeptFields(fields);
}

Result<std::string_view> decode_cached_order(std::string_view entry, std::string_view guid)
{
    TRY(check_head(entry, guid));
    return intact(entry, Group::order);
}

Result<std::optional<text::DateTime>> decode_cached_date(std::string_view entry,
                                                         std::string_view guid)
{
    TRY(check_head(entry, guid));
    return date_in(entry);
}

void note_cached(IndexRecord& record, const CachePlace& place, std::string_view entry)
{
    record.cache_offset = place.offset;
    record.cache_size = place.size;
    const auto date = decode_cached_date(entry, record.guid_bytes());
    record.sent = date ? encode_sent(*date) : 0;
}

Result<CacheFile> CacheFile::open(int directory, bool create, const char* name)
{
    int flags = O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0);
    int fd = ::openat(directory, name, flags, 0600);
    if (fd < 0) return errno_error(name);
    return CacheFile(Fd(fd));
}

Result<CachePlace> CacheFile::append(std::string_view entry)
{
    struct stat st {};
    if (::fstat(fd_.get(), &st) != 0) return errno_error("fstat cache");
    auto size = static_cast<uint64_t>(st.st_size);
    Status written = success();
    if (size == 0) {
        written = write_at(fd_.get(), kCacheRules, 0);
        size = kCacheRules.size();
    }
    if (written) written = write_at(fd_.get(), entry, size);
    if (!written) {
        if (::ftruncate(fd_.get(), st.st_size) != 0) return errno_error("truncate cache");
        return std::move(written).error();
    }
    return CachePlace{size, static_cast<uint32_t>(entry.size())};
}

Status CacheFile::read_into(std::string& out, CachePlace place, size_t more) const
{
    if (place.offset == 0 || place.offset > INT64_MAX || place.size > kMaxCacheEntry)
        return Error{Code::not_found, "cache: no entry"};
    out.resize(std::max<size_t>(place.size, more));
    size_t got = 0;
    while (got < out.size()) {
        ssize_t n = ::pread(fd_.get(), out.data() + got, out.size() - got,
                            static_cast<off_t>(place.offset + got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error("read cache");
        if (n == 0) break;
        got += static_cast<size_t>(n);
    }
    out.resize(got);
    if (got < place.size) return Error{Code::corrupt, "cache: shorter than the index says"};
    return success();
}

Result<std::string> CacheFile::read(CachePlace place) const
{
    std::string out;
    TRY(read_into(out, place, 0));
    return out;
}

// Whoever reads places one behind another, or nearly, gets more of them at once; a single one costs
// itself.
Result<std::string_view> CacheFile::read_along(CachePlace place)
{
    if (place.offset == 0 || place.offset > INT64_MAX || place.size > kMaxCacheEntry)
        return Error{Code::not_found, "cache: no entry"};
    const uint64_t end = place.offset + place.size;
    const bool is_there = place.offset >= window_begin_ && end <= window_begin_ + window_.size();
    if (!is_there) {
        const bool goes_on = place.offset >= next_ && place.offset - next_ < kLargeWindow;
        ahead_ = goes_on && next_ != 0 ? std::clamp(ahead_ * 2, kSmallWindow, kLargeWindow) : 0;
        Status read = read_into(window_, place, ahead_);
        window_begin_ = place.offset;
        if (!read) {
            window_.clear();
            return std::move(read).error();
        }
    }
    next_ = end;
    return std::string_view(window_).substr(place.offset - window_begin_, place.size);
}

void CacheFile::forget()
{
    window_ = std::string();
    window_begin_ = next_ = 0;
    ahead_ = 0;
}

void OrdersRead::add(uint32_t slot, std::string_view order)
{
    if (!places_.empty() && slot <= places_.back().slot) *this = OrdersRead();
    if (order.size() > kMaxBytes - bytes_.size()) return;
    places_.push_back({slot, static_cast<uint32_t>(bytes_.size())});
    bytes_.append(order);
}

std::optional<std::string_view> OrdersRead::find(uint32_t slot)
{
    if (next_ >= places_.size() || places_[next_].slot != slot) {
        const auto at = std::lower_bound(places_.begin(), places_.end(), slot,
                                         [](const Place& p, uint32_t s) { return p.slot < s; });
        next_ = static_cast<size_t>(at - places_.begin());
        if (at == places_.end() || at->slot != slot) return std::nullopt;
    }
    const size_t begin = places_[next_++].begin;
    const size_t end = next_ < places_.size() ? places_[next_].begin : bytes_.size();
    return std::string_view(bytes_).substr(begin, end - begin);
}

}  // namespace rookery::store
