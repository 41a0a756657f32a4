#include "imap/submission/mapped_file.h"

#include <sys/mman.h>
#include <sys/stat.h>

namespace rookery::submission {

Result<MappedFile> MappedFile::of(int fd)
{
    struct stat st {};
    if (::fstat(fd, &st) != 0) return errno_error("fstat");
    if (st.st_size == 0) return MappedFile(std::string_view());
    const auto size = static_cast<size_t>(st.st_size);
    void* at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) return errno_error("mmap");
    return MappedFile(std::string_view(static_cast<const char*>(at), size));
}

MappedFile::~MappedFile()
{
    if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace rookery::submission
