#include "lib/db/gate.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>
#include <time.h>

#include <cerrno>

#include "lib/base/atomic_word.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::db {

struct Gate::Words {
    uint64_t raised_at;  // milliseconds of the monotonic clock, 0 = lowered
    uint64_t inode;
    uint64_t unused[6];
};

namespace {

constexpr size_t kFileSize = 64;

uint64_t now_ms()
{
    return static_cast<uint64_t>(
        std::chrono::duration_cast<Milliseconds>(monotonic_now().time_since_epoch()).count());
}

// The file appears with all its bytes: a mapped page without disk space behind it would be a
// signal.
Status make_file(const std::string& path)
{
    const std::string fresh = cat(path, ".NEW-", static_cast<int64_t>(getpid()));
    {
        TRY_ASSIGN(Fd fd, open_file(fresh, O_WRONLY | O_CREAT | O_TRUNC));
        const auto written = write_all(fd.get(), std::string(kFileSize, '\0'));
        if (!written) {
            unlink(fresh.c_str());
            return written.error();
        }
    }
    const int linked = link(fresh.c_str(), path.c_str());
    const int link_errno = errno;
    unlink(fresh.c_str());
    if (linked != 0 && link_errno != EEXIST) return errno_error(cat("link ", path), link_errno);
    return success();
}

}  // namespace

Result<Gate> Gate::open(const std::string& path)
{
    auto fd = open_file(path, O_RDWR);
    struct stat st {};
    if (fd && (fstat(fd->get(), &st) != 0 || st.st_size < static_cast<off_t>(kFileSize))) {
        unlink(path.c_str());  // not ours, or cut short
        fd = Error{Code::not_found, path};
    }
    if (fd.is(Code::not_found)) {
        TRY(make_file(path));
        fd = open_file(path, O_RDWR);
    }
    if (!fd) return fd.error();
    void* at = mmap(nullptr, kFileSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd->get(), 0);
    if (at == MAP_FAILED) return errno_error(cat("mmap ", path));
    return Gate(*std::move(fd), static_cast<Words*>(at));
}

Gate::Gate(Gate&& other) noexcept
    : file_(std::move(other.file_)), words_(std::exchange(other.words_, nullptr))
{
}

Gate::~Gate()
{
    if (words_) munmap(words_, kFileSize);
}

// Only whoever holds the store's write lock comes here, so the lock is always free.
void Gate::set_lock(short type)
{
    struct flock lock {};
    lock.l_type = type;
    lock.l_len = 1;
    if (fcntl(file_.get(), F_SETLK, &lock) != 0) return;  // then readers wait for kMaxWait only
}

bool Gate::writer_lives() const
{
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_len = 1;
    return fcntl(file_.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

void Gate::raise()
{
    set_lock(F_WRLCK);
    atomic_word(words_->raised_at).store(now_ms(), std::memory_order_seq_cst);
}

void Gate::lower()
{
    atomic_word(words_->raised_at).store(0, std::memory_order_seq_cst);
    set_lock(F_UNLCK);
}

void Gate::wait() const
{
    for (;;) {
        const uint64_t raised = atomic_word(words_->raised_at).load(std::memory_order_acquire);
        if (raised == 0) return;
        const uint64_t now = now_ms();
        // A time to come is a word of before the machine was started.
        if (raised > now) return;
        const Milliseconds age(now - raised);
        if (age >= kMaxWaitForLiving || (age >= kMaxWait && !writer_lives())) return;
        const timespec pause{0, 100'000};
        nanosleep(&pause, nullptr);
    }
}

uint64_t Gate::inode() const
{
    return atomic_word(words_->inode).load(std::memory_order_acquire);
}

void Gate::set_inode(uint64_t inode)
{
    atomic_word(words_->inode).store(inode, std::memory_order_release);
}

}  // namespace rookery::db
