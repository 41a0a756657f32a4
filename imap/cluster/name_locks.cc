#include "imap/cluster/name_locks.h"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/strings.h"

namespace rookery::cluster {

namespace {

constexpr int kRetryMs = 5;

// FNV-1a, folded into the positive off_t of any system.
off_t byte_of(const model::MailboxName& name)
{
    uint64_t hash = 14695981039346656037ULL;
    for (char c : name.internal()) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return static_cast<off_t>((hash ^ hash >> 32) & 0x3fffffff);
}

struct flock range(short type, off_t byte)
{
    struct flock lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = byte;
    lock.l_len = 1;
    return lock;
}

}  // namespace

NameLocks::NameLocks(const config::Config& config, std::string_view file)
    : path_(config.mboxname_lockpath().empty() ? cat(config.configdirectory(), "/lock")
                                               : config.mboxname_lockpath()),
      name_(file)
{
}

NameLocks::Held::~Held()
{
    if (owner_ == nullptr) return;
    for (off_t byte : bytes_) owner_->release(byte);
}

Status NameLocks::take(off_t byte, Deadline deadline)
{
    unsigned& count = counts_[byte];
    if (count > 0) {
        ++count;
        return success();
    }
    for (;;) {
        struct flock lock = range(F_WRLCK, byte);
        if (::fcntl(file_.get(), F_SETLK, &lock) == 0) break;
        if (errno != EACCES && errno != EAGAIN && errno != EINTR) return errno_error("fcntl");
        if (deadline.passed()) {
            counts_.erase(byte);
            return Error{Code::busy, "another process works on this mailbox name"};
        }
        ::poll(nullptr, 0, kRetryMs);
    }
    count = 1;
    return success();
}

void NameLocks::release(off_t byte)
{
    auto it = counts_.find(byte);
    if (it == counts_.end() || --it->second > 0) return;
    counts_.erase(it);
    struct flock lock = range(F_UNLCK, byte);
    (void)::fcntl(file_.get(), F_SETLK, &lock);
}

Result<NameLocks::Held> NameLocks::lock(std::span<const model::MailboxName> names,
                                        Milliseconds wait)
{
    if (!file_) {
        TRY(make_directories(path_));
        TRY_ASSIGN(file_, open_file(cat(path_, '/', name_), O_RDWR | O_CREAT));
    }
    std::vector<off_t> bytes;
    for (const auto& name : names) bytes.push_back(byte_of(name));
    std::sort(bytes.begin(), bytes.end());
    bytes.erase(std::unique(bytes.begin(), bytes.end()), bytes.end());
    Held held(*this, {});
    const Deadline deadline = Deadline::after(wait);
    for (off_t byte : bytes) {
        TRY(take(byte, deadline));
        held.bytes_.push_back(byte);
    }
    return held;
}

}  // namespace rookery::cluster
