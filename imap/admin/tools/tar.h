// Tar archives in the pax form (POSIX pax(1), "ustar" with extended headers), written and read as a
// stream: what dump makes and restore takes. A writer needs nothing but plain files; a reader also
// takes what other tools make of them: folders, long names of GNU tar; links and the like are left
// out. Codes: io, no_space; corrupt (no archive, or a damaged one), limit. One thread.
#ifndef ROOKERY_IMAP_ADMIN_TOOLS_TAR_H
#define ROOKERY_IMAP_ADMIN_TOOLS_TAR_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::admin {

inline constexpr size_t kTarBlock = 512;
inline constexpr size_t kMaxTarName = 4096;

struct TarMember {
    std::string name;
    uint64_t size = 0;
    int64_t time = 0;
};

class TarWriter {
 public:
    explicit TarWriter(int fd) : fd_(fd) {}
    Status add(std::string_view name, std::string_view bytes, int64_t time);
    // The end of the archive; nothing is in the file for sure before it.
    Status finish();

 private:
    Status put(std::string_view bytes);
    Status put_padded(std::string_view bytes);

    int fd_;
    std::string buffer_;
};

class TarReader {
 public:
    explicit TarReader(int fd) : fd_(fd) {}
    // The next plain file; what was not read of the one before is skipped. None: the end.
    // closed: the archive stops without one.
    Result<std::optional<TarMember>> next();
    // Up to so many bytes of the member; 0 at its end.
    Result<size_t> read(std::span<char> into);
    // All that is left of it; limit: more than that.
    Result<std::string> read_all(size_t max);
    // How much of the archive has been read, and how much there is; 0: that is not known.
    uint64_t position() const { return position_; }
    uint64_t size() const;

 private:
    Status fill(std::span<char> into);
    Status skip_member();
    Status take_extended(std::string_view records, TarMember& member);

    int fd_;
    uint64_t position_ = 0;
    uint64_t left_ = 0;     // of the member
    uint64_t padding_ = 0;  // behind it
};

}  // namespace rookery::admin

#endif
