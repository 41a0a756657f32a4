#include "imap/store/ranks_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "imap/store/cache_file.h"
#include "imap/store/index_format.h"
#include "imap/store/message_file.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::store {
namespace {

constexpr std::string_view kMagic = "RKRANKS1";
constexpr size_t kRow = 12;
constexpr size_t kPartHead = 8;  // how many rows, the sum of them and of that

// Texts compare as the cache has them.
std::string head()
{
    return cat(kMagic, kCacheRules);
}

uint32_t sum_of(std::string_view part)
{
    return checksum(part.substr(kPartHead), checksum(part.substr(0, 4)));
}

// The part that begins there; takes it off. Empty: it is not whole.
std::string_view take_part(std::string_view& file)
{
    if (file.size() < kPartHead) return {};
    const uint64_t size = kPartHead + uint64_t{load32(file.data())} * kRow;
    if (file.size() < size) return {};
    const std::string_view part = file.substr(0, size);
    file.remove_prefix(size);
    return part;
}

std::string encode(const std::vector<RankRow>& rows)
{
    std::string part(kPartHead + rows.size() * kRow, '\0');
    char* at = part.data();
    store32(at, static_cast<uint32_t>(rows.size()));
    for (const RankRow& row : rows) {
        at = part.data() + kPartHead + static_cast<size_t>(&row - rows.data()) * kRow;
        store32(at, row.uid);
        store32(at + 4, row.mark);
        store32(at + 8, row.rank);
    }
    store32(part.data() + 4, sum_of(part));
    return part;
}

}  // namespace

uint32_t rank_mark(std::string_view guid)
{
    return load32(guid.data());
}

RanksFile RanksFile::read(int directory)
{
    RanksFile file;
    const auto mapped = MappedFile::open(directory, kRanksName);
    if (!mapped) return file;
    std::string_view left = (*mapped)->bytes();
    const std::string begin = head();
    if (!left.starts_with(begin)) return file;
    left.remove_prefix(begin.size());
    for (std::string& part : file.parts_) part = take_part(left);
    return file;
}

std::vector<RankRow> RanksFile::rows(text::OrderText which) const
{
    const std::string& part = parts_[static_cast<size_t>(which)];
    if (part.empty() || load32(part.data() + 4) != sum_of(part)) return {};
    std::vector<RankRow> rows(load32(part.data()));
    const char* at = part.data() + kPartHead;
    uint32_t last = 0;
    for (RankRow& row : rows) {
        row = {load32(at), load32(at + 4), load32(at + 8)};
        if (row.uid <= last || row.rank == 0 || row.rank > rows.size()) return {};
        last = row.uid;
        at += kRow;
    }
    return rows;
}

void RanksFile::set(text::OrderText which, const std::vector<RankRow>& rows)
{
    parts_[static_cast<size_t>(which)] = encode(rows);
}

Status RanksFile::put_in_place(int directory) const
{
    const std::string fresh = cat(kRanksName, ".NEW");
    const Fd fd(::openat(directory, fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd) return errno_error(fresh);
    std::string bytes = head();
    for (const std::string& part : parts_) bytes += part.empty() ? encode({}) : part;
    Status done = write_all(fd.get(), bytes);
    if (done && ::renameat(directory, fresh.c_str(), directory, kRanksName) != 0)
        done = errno_error(cat("rename ", kRanksName));
    if (!done) ::unlinkat(directory, fresh.c_str(), 0);
    return done;
}

}  // namespace rookery::store
