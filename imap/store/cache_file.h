// The cache of a mailbox: what FETCH needs of a message without reading it. doc/formats/cache.md.
//
// Append-only entries, each with its length, a checksum and the GUID of the message it is about;
// the index record says where. Rebuildable: it is not synced, an entry that is not intact is as
// good as none, and the reader renders the message again. Codes: io, no_space, corrupt, not_found.
#ifndef ROOKERY_IMAP_STORE_CACHE_FILE_H
#define ROOKERY_IMAP_STORE_CACHE_FILE_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mailbox/mailbox.h"
#include "imap/store/index_format.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::store {

inline constexpr const char* kCacheName = "rookery.cache";
// With which the file begins: another one where entries are rendered by other rules.
inline constexpr std::string_view kCacheRules = "RKCACHE5";
inline constexpr size_t kMaxCacheEntry = 64u << 20;

struct CachePlace {
    uint64_t offset = 0;  // 0 = not in the cache
    uint32_t size = 0;
};

// Renders a message (its whole bytes); lib/text does it. Must be able to take any bytes.
using CacheRenderer = std::function<Result<mailbox::CachedItems>(std::string_view message)>;

// The record of a message says where its entry is, and what the index has of it itself.
void note_cached(IndexRecord& record, const CachePlace& place, std::string_view entry);

// "" if the items are too large to be kept.
std::string encode_cache_entry(const mailbox::CachedItems& items, std::string_view guid);
Result<mailbox::CachedItems> decode_cache_entry(std::string_view entry, std::string_view guid);
// Parts of it, each with a sum of its own. The fields and the text lie in the entry.
Result<text::KeptFields> decode_cached_fields(std::string_view entry, std::string_view guid);
// What text::read_order_keys() reads.
Result<std::string_view> decode_cached_order(std::string_view entry, std::string_view guid);
Result<std::optional<text::DateTime>> decode_cached_date(std::string_view entry,
                                                         std::string_view guid);

class CacheFile {
 public:
    CacheFile() = default;
    static Result<CacheFile> open(int directory, bool create, const char* name = kCacheName);

    explicit operator bool() const { return static_cast<bool>(fd_); }
    // At the end of the file; the caller holds the mailbox lock. Leaves the file as it was if it
    // fails.
    Result<CachePlace> append(std::string_view entry);
    Result<std::string> read(CachePlace place) const;
    // The same for who goes through a mailbox: neighbours come with one read. Valid until the next
    // call. What was read ahead may have been half written then: forget() and read again.
    Result<std::string_view> read_along(CachePlace place);
    // Gives back what was read.
    void forget();

 private:
    explicit CacheFile(Fd fd) : fd_(std::move(fd)) {}
    // At least the place, and of what follows so much that it is `more` in all, if there is.
    Status read_into(std::string& out, CachePlace place, size_t more) const;
    Fd fd_;
    std::string window_;
    uint64_t window_begin_ = 0;
    uint64_t next_ = 0;  // where the last place ended
    size_t ahead_ = 0;   // how much is read at once
};

// The texts of order_keys() that were read already, for who asks again: a view's own. They are kept
// while slots ascend; one below the last begins anew. At most kMaxBytes of them, the first.
class OrdersRead {
 public:
    static constexpr size_t kMaxBytes = 16u << 20;

    void add(uint32_t slot, std::string_view order);
    // none: it was not read. Valid until the next add().
    std::optional<std::string_view> find(uint32_t slot);

 private:
    struct Place {
        uint32_t slot;
        uint32_t begin;
    };
    std::string bytes_;
    std::vector<Place> places_;
    size_t next_ = 0;  // of those, as whoever goes through all of them asks
};

}  // namespace rookery::store

#endif
