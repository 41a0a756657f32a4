#include "imap/imapd/selected/spooled_bytes.h"

#include <sys/mman.h>

namespace rookery::imapd {

Result<SpooledBytes> SpooledBytes::open(const std::string& folder)
{
    TRY_ASSIGN(Fd fd, nameless_file(folder));
    return SpooledBytes(std::move(fd));
}

Status SpooledBytes::write(std::string_view bytes)
{
    TRY(write_all(fd_.get(), bytes));
    size_ += bytes.size();
    return success();
}

Status SpooledBytes::read(const std::function<Status(std::string_view)>& reader) const
{
    if (size_ == 0) return reader({});
    const auto size = static_cast<size_t>(size_);
    void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd_.get(), 0);
    if (at == MAP_FAILED) return errno_error("mmap of spooled bytes");
    Status done = reader(std::string_view(static_cast<const char*>(at), size));
    (void)::munmap(at, size);
    return done;
}

}  // namespace rookery::imapd
