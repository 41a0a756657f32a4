// The cache of a mailbox: what FETCH needs of a message without reading it. doc/formats/cache.md.
//
// Append-only entries, each with its length, a checksum and the GUID of the message it is about;
// the index record says where. Rebuildable: it is not synced, an entry that is not intact is as
// good as none, and the reader renders the message again. Codes: io, no_space, corrupt, not_found.
#ifndef ROOKERY_IMAP_STORE_CACHE_FILE_H
#define ROOKERY_IMAP_STORE_CACHE_FILE_H

#include <cstdint>
#include <string>
#include <string_view>

#include "imap/mailbox/mailbox.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::store {

inline constexpr const char* kCacheName = "rookery.cache";
inline constexpr size_t kMaxCacheEntry = 64u << 20;

struct CachePlace {
    uint64_t offset = 0;  // 0 = not in the cache
    uint32_t size = 0;
};

// Renders a message (its whole bytes); lib/text does it. Must be able to take any bytes.
using CacheRenderer = Result<mailbox::CachedItems> (*)(std::string_view message);

// "" if the items are too large to be kept.
std::string encode_cache_entry(const mailbox::CachedItems& items, std::string_view guid);
Result<mailbox::CachedItems> decode_cache_entry(std::string_view entry, std::string_view guid);

class CacheFile {
 public:
    CacheFile() = default;
    static Result<CacheFile> open(int directory, bool create, const char* name = kCacheName);

    explicit operator bool() const { return static_cast<bool>(fd_); }
    // At the end of the file; the caller holds the mailbox lock. Leaves the file as it was if it
    // fails.
    Result<CachePlace> append(std::string_view entry);
    Result<std::string> read(CachePlace place) const;

 private:
    explicit CacheFile(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

}  // namespace rookery::store

#endif
