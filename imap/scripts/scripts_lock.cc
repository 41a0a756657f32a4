#include "imap/scripts/scripts_lock.h"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "lib/base/strings.h"

namespace rookery::scripts {
namespace {

constexpr int kRetryMs = 5;

// FNV-1a, folded into the positive off_t of any system.
off_t byte_of(std::string_view folder)
{
    uint64_t hash = 14695981039346656037ULL;
    for (const char c : folder) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return static_cast<off_t>((hash ^ hash >> 32) & 0x3fffffff);
}

Status take_byte(int fd, off_t byte, Deadline deadline)
{
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = byte;
    lock.l_len = 1;
    while (::fcntl(fd, F_SETLK, &lock) != 0) {
        if (errno != EACCES && errno != EAGAIN && errno != EINTR) return errno_error("fcntl");
        if (deadline.passed()) return Error{Code::busy, "another process changes these scripts"};
        ::poll(nullptr, 0, kRetryMs);
    }
    return success();
}

}  // namespace

// In the order of the bytes, so that two never wait for each other.
Result<ScriptsLock> ScriptsLock::take(const std::string& lock_folder,
                                      std::span<const std::string> folders, Milliseconds wait)
{
    TRY(make_directories(lock_folder));
    TRY_ASSIGN(Fd file, open_file(cat(lock_folder, "/scripts"), O_RDWR | O_CREAT));
    std::vector<off_t> bytes;
    for (const std::string& folder : folders) bytes.push_back(byte_of(folder));
    std::sort(bytes.begin(), bytes.end());
    const Deadline deadline = Deadline::after(wait);
    for (const off_t byte : bytes) TRY(take_byte(file.get(), byte, deadline));
    return ScriptsLock(std::move(file));
}

}  // namespace rookery::scripts
