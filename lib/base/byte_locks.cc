#include "lib/base/byte_locks.h"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/signals.h"
#include "lib/base/strings.h"

namespace rookery {
namespace {

constexpr int kRetryMs = 5;

// Folded into the positive off_t of any system.
off_t byte_of(std::string_view name)
{
    const uint64_t hash = stable_hash(name);
    return static_cast<off_t>((hash ^ hash >> 32) & 0x3fffffff);
}

int set_lock(int file, short type, off_t byte)
{
    struct flock lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = byte;
    lock.l_len = 1;
    return ::fcntl(file, F_SETLK, &lock);
}

}  // namespace

Result<ByteLocks> ByteLocks::open(const std::string& path)
{
    TRY_ASSIGN(Fd file, open_file(path, O_RDWR | O_CREAT));
    return ByteLocks(std::move(file));
}

ByteLocks::Held::~Held()
{
    if (owner_ == nullptr) return;
    for (off_t byte : bytes_) owner_->release(byte);
}

Status ByteLocks::take(off_t byte, Deadline deadline)
{
    if (const auto own = counts_.find(byte); own != counts_.end()) {
        ++own->second;
        return success();
    }
    while (set_lock(file_.get(), F_WRLCK, byte) != 0) {
        if (errno != EACCES && errno != EAGAIN && errno != EINTR) return errno_error("fcntl");
        if (deadline.passed() || (deadline.ends_when_told() && signals::terminate_seen()))
            return Error{Code::busy, "another process holds it"};
        ::poll(nullptr, 0, kRetryMs);
    }
    counts_[byte] = 1;
    return success();
}

void ByteLocks::release(off_t byte)
{
    const auto own = counts_.find(byte);
    if (own == counts_.end() || --own->second > 0) return;
    counts_.erase(own);
    (void)set_lock(file_.get(), F_UNLCK, byte);
}

Result<ByteLocks::Held> ByteLocks::lock(std::span<const std::string> names, Deadline deadline)
{
    std::vector<off_t> bytes;
    bytes.reserve(names.size());
    for (const std::string& name : names) bytes.push_back(byte_of(name));
    std::sort(bytes.begin(), bytes.end());
    bytes.erase(std::unique(bytes.begin(), bytes.end()), bytes.end());
    Held held(*this);
    for (off_t byte : bytes) {
        TRY(take(byte, deadline));
        held.bytes_.push_back(byte);
    }
    return held;
}

}  // namespace rookery
