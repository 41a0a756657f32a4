// SpooledBytes: bytes that wait on disk for the rest, in a file without a name, which is gone with
// its last descriptor.
//
// Codes: io. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_SPOOLED_BYTES_H
#define ROOKERY_IMAP_IMAPD_SELECTED_SPOOLED_BYTES_H

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::imapd {

class SpooledBytes {
 public:
    static Result<SpooledBytes> open(const std::string& folder);
    Status write(std::string_view bytes);
    uint64_t size() const { return size_; }
    // All of it, mapped while the reader has it.
    Status read(const std::function<Status(std::string_view)>& reader) const;

 private:
    explicit SpooledBytes(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
    uint64_t size_ = 0;
};

}  // namespace rookery::imapd

#endif
