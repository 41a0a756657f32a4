// A message on its way through.
#include "imap/lmtp/spool_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/strings.h"

namespace rookery::lmtp {

Result<std::unique_ptr<SpoolFile>> SpoolFile::make(const std::string& directory)
{
    std::string path = cat(directory, "/lmtp-XXXXXX");
    Fd fd(::mkstemp(path.data()));
    if (!fd) return errno_error(path);
    // Gone with the process, however it ends; path() says where it was.
    ::unlink(path.c_str());
    TRY(set_cloexec(fd.get(), true));
    return std::unique_ptr<SpoolFile>(new SpoolFile(std::move(fd), std::move(path)));
}

SpoolFile::~SpoolFile()
{
    unmap();
}

void SpoolFile::unmap()
{
    if (mapped_ != nullptr) ::munmap(mapped_, mapped_size_);
    mapped_ = nullptr;
}

Status SpoolFile::write(std::string_view bytes)
{
    unmap();
    TRY(write_all(fd_.get(), bytes));
    size_ += bytes.size();
    return success();
}

Result<std::string_view> SpoolFile::map()
{
    if (size_ == 0) return std::string_view();
    if (mapped_ == nullptr) {
        void* at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd_.get(), 0);
        if (at == MAP_FAILED) return errno_error("mmap");
        mapped_ = at;
        mapped_size_ = size_;
    }
    return std::string_view(static_cast<const char*>(mapped_), mapped_size_);
}

}  // namespace rookery::lmtp
