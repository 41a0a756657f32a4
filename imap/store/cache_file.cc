// Entry: size, crc of the magic and of what follows, guid, four lengths, four texts. File: a magic,
// then entries, those of another version among them.
#include "imap/store/cache_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "imap/store/index_file.h"
#include "imap/store/index_format.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

constexpr std::string_view kMagic = "RKCACHE2";
constexpr size_t kEntryHeader = 8 + kGuidSize + 16;

// An entry that another version rendered, by other rules, has another sum.
uint32_t sum_of(std::string_view entry)
{
    return checksum(entry.substr(8), checksum(kMagic));
}

void append32(std::string& out, size_t n)
{
    char bytes[4];
    store32(bytes, static_cast<uint32_t>(n));
    out.append(bytes, sizeof bytes);
}

}  // namespace

std::string encode_cache_entry(const mailbox::CachedItems& items, std::string_view guid)
{
    const std::string* texts[] = {&items.envelope, &items.body, &items.bodystructure,
                                  &items.sections};
    size_t total = kEntryHeader;
    for (const std::string* text : texts) total += text->size();
    if (total > kMaxCacheEntry || guid.size() != kGuidSize) return "";
    std::string out;
    out.reserve(total);
    append32(out, total);
    append32(out, 0);
    out += guid;
    for (const std::string* text : texts) append32(out, text->size());
    for (const std::string* text : texts) out += *text;
    store32(out.data() + 4, sum_of(out));
    return out;
}

Result<mailbox::CachedItems> decode_cache_entry(std::string_view entry, std::string_view guid)
{
    const Error broken{Code::corrupt, "cache: entry is not intact"};
    if (entry.size() < kEntryHeader || load32(entry.data()) != entry.size()) return broken;
    if (load32(entry.data() + 4) != sum_of(entry)) return broken;
    if (entry.substr(8, kGuidSize) != guid) return broken;
    mailbox::CachedItems items;
    std::string* texts[] = {&items.envelope, &items.body, &items.bodystructure, &items.sections};
    const char* length = entry.data() + 8 + kGuidSize;
    size_t at = kEntryHeader;
    for (std::string* text : texts) {
        size_t n = load32(length);
        if (n > entry.size() - at) return broken;
        text->assign(entry.substr(at, n));
        at += n;
        length += 4;
    }
    return items;
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
        written = write_at(fd_.get(), kMagic, 0);
        size = kMagic.size();
    }
    if (written) written = write_at(fd_.get(), entry, size);
    if (!written) {
        if (::ftruncate(fd_.get(), st.st_size) != 0) return errno_error("truncate cache");
        return std::move(written).error();
    }
    return CachePlace{size, static_cast<uint32_t>(entry.size())};
}

Result<std::string> CacheFile::read(CachePlace place) const
{
    if (place.offset == 0 || place.size > kMaxCacheEntry)
        return Error{Code::not_found, "cache: no entry"};
    std::string out(place.size, '\0');
    size_t got = 0;
    while (got < out.size()) {
        ssize_t n = ::pread(fd_.get(), out.data() + got, out.size() - got,
                            static_cast<off_t>(place.offset + got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error("read cache");
        if (n == 0) return Error{Code::corrupt, "cache: shorter than the index says"};
        got += static_cast<size_t>(n);
    }
    return out;
}

}  // namespace rookery::store
