// A message on its way through.
#include "imap/delivery/spooled_message.h"

#include <sys/mman.h>

namespace rookery::delivery {

SpooledMessage::~SpooledMessage()
{
    unmap();
}

void SpooledMessage::unmap()
{
    if (mapped_ != nullptr) ::munmap(mapped_, mapped_size_);
    mapped_ = nullptr;
}

Status SpooledMessage::to_file()
{
    TRY_ASSIGN(Fd fd, nameless_file(directory_));
    TRY(write_all(fd.get(), small_));
    fd_ = std::move(fd);
    std::string().swap(small_);
    return success();
}

Status SpooledMessage::write(std::string_view bytes)
{
    unmap();
    if (!fd_ && size_ + bytes.size() > kInMemory) TRY(to_file());
    if (fd_)
        TRY(write_all(fd_.get(), bytes));
    else
        small_.append(bytes);
    size_ += bytes.size();
    return success();
}

Result<std::string_view> SpooledMessage::map()
{
    if (!fd_) return std::string_view(small_);
    if (mapped_ == nullptr) {
        void* at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd_.get(), 0);
        if (at == MAP_FAILED) return errno_error("mmap");
        mapped_ = at;
        mapped_size_ = size_;
    }
    return std::string_view(static_cast<const char*>(mapped_), mapped_size_);
}

}  // namespace rookery::delivery
