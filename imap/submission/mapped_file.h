// MappedFile: the bytes of a file that nobody changes, read only. Move-only. Codes: io, no_space.
#ifndef ROOKERY_IMAP_SUBMISSION_MAPPED_FILE_H
#define ROOKERY_IMAP_SUBMISSION_MAPPED_FILE_H

#include <string_view>
#include <utility>

#include "lib/base/result.h"

namespace rookery::submission {

class MappedFile {
 public:
    // The descriptor is needed for this call only.
    static Result<MappedFile> of(int fd);
    MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    MappedFile& operator=(MappedFile&&) = delete;
    ~MappedFile();
    std::string_view bytes() const { return bytes_; }

 private:
    explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}
    std::string_view bytes_;
};

}  // namespace rookery::submission

#endif
