// fault_shim: preloaded into the servers by tests, it fails or ends a process at its nth
// state-changing system call below the folders of the test, or writes down what was called.
//
// Environment, read when a program starts:
//   ROOKERY_FAULT_CONTROL  a file of one Control record that the test maps too
//   ROOKERY_FAULT_ROOTS    folders with ':' between; calls elsewhere do not count
//   ROOKERY_FAULT_TRACE    where to write what was called; not below a root
//   ROOKERY_FAULT_NOMMAP   set: tdb files are not mapped for writing, so that each store is a call
// A call that changes nothing (O_CREAT of a file that is there) does not count. Calls that the C
// library makes for itself, as in fopen(), are not seen: nothing of the product uses them for
// writing, and the count is compared with strace's where that may run.
// Signal safe: no memory, no lock, no errno of its own.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

// faults.py knows this record.
struct Control {
    uint64_t armed;
    uint64_t mode;
    uint64_t n;        // the call that is hit, from 1
    uint64_t error;    // errno to answer
    uint64_t pid;      // 0: any process
    uint64_t counter;  // calls so far
    uint64_t hit;      // 0 not yet, kHit, kPassed
    uint64_t hit_pid;
};

namespace {

enum Mode : uint64_t {
    kCount = 0,
    kKillBefore = 1,
    kKillAfter = 2,
    kKillGroup = 3,  // the whole server, before the call
    kErrorOnce = 4,
    kErrorFrom = 5,  // this call and all that follow
    kKillTorn = 6,   // part of what a write writes, then the end; as kKillBefore for others
    kErrorTorn = 7,  // part of it, and then nothing more fits
    kPower = 8,      // the trace has the data too
    kPowerKill = 9   // and as kKillGroup
};
constexpr uint64_t kHit = 1;
constexpr uint64_t kPassed = 2;  // the error is none that this call can have

constexpr int kMaxRoots = 8;
Control* control;
char roots[kMaxRoots][PATH_MAX];
int root_count;
char trace_path[PATH_MAX];
bool no_mmap;

__attribute__((constructor)) void set_up()
{
    const char* path = ::getenv("ROOKERY_FAULT_CONTROL");
    if (path == nullptr) return;
    int fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0));
    if (fd < 0) return;
    void* at = reinterpret_cast<void*>(
        ::syscall(SYS_mmap, nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    ::syscall(SYS_close, fd);
    if (at == MAP_FAILED) return;
    const char* list = ::getenv("ROOKERY_FAULT_ROOTS");
    while (list != nullptr && *list != '\0' && root_count < kMaxRoots) {
        size_t length = ::strcspn(list, ":");
        if (length > 0 && length < PATH_MAX) ::memcpy(roots[root_count++], list, length);
        list += length + (list[length] == ':' ? 1 : 0);
    }
    if (const char* trace = ::getenv("ROOKERY_FAULT_TRACE"))
        ::snprintf(trace_path, sizeof trace_path, "%s", trace);
    no_mmap = ::getenv("ROOKERY_FAULT_NOMMAP") != nullptr;
    control = static_cast<Control*>(at);
}

bool is_armed()
{
    if (control == nullptr || __atomic_load_n(&control->armed, __ATOMIC_ACQUIRE) == 0) return false;
    return control->pid == 0 || control->pid == static_cast<uint64_t>(::getpid());
}

struct Path {
    char text[PATH_MAX];
    bool counts = false;
};

bool below_a_root(const char* path)
{
    for (int i = 0; i < root_count; i++) {
        size_t length = ::strlen(roots[i]);
        if (::strncmp(path, roots[i], length) == 0 && (path[length] == '/' || path[length] == 0))
            return true;
    }
    return false;
}

void path_of_descriptor(int fd, Path& out)
{
    char link[64];
    if (fd == AT_FDCWD)
        ::snprintf(link, sizeof link, "/proc/self/cwd");
    else
        ::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long n = ::syscall(SYS_readlinkat, AT_FDCWD, link, out.text, sizeof out.text - 1);
    out.text[n > 0 ? n : 0] = '\0';
    out.counts = below_a_root(out.text);
}

void path_of_name(int directory, const char* name, Path& out)
{
    if (name[0] == '/') {
        ::snprintf(out.text, sizeof out.text, "%s", name);
    } else {
        path_of_descriptor(directory, out);
        size_t used = ::strlen(out.text);
        ::snprintf(out.text + used, sizeof out.text - used, "/%s", name);
    }
    out.counts = below_a_root(out.text);
}

// --- one call

enum class Kind { makes, writes, names, removes, syncs, attributes };

struct Call {
    const char* name;
    Kind kind;
    Path path;
    Path other;  // the second name
    int fd = -1;
    int64_t at = 0;  // offset or size
    const void* data = nullptr;
    size_t size = 0;
    uint64_t number = 0;
};

bool can_fail_with(Kind kind, uint64_t error)
{
    if (error == ENOSPC || error == EDQUOT)
        return kind == Kind::makes || kind == Kind::writes || kind == Kind::names;
    return true;
}

void log_bytes(const void* bytes, size_t size, int fd)
{
    const char* at = static_cast<const char*>(bytes);
    while (size > 0) {
        long n = ::syscall(SYS_write, fd, at, size);
        if (n <= 0) return;
        at += n;
        size -= static_cast<size_t>(n);
    }
}

uint64_t inode_of(const Call& call)
{
    struct stat st {};
    int failed = call.fd >= 0 ? ::fstat(call.fd, &st)
                              : ::fstatat(AT_FDCWD, call.path.text, &st, AT_SYMLINK_NOFOLLOW);
    if (failed != 0 && call.other.text[0] != '\0')
        failed = ::fstatat(AT_FDCWD, call.other.text, &st, AT_SYMLINK_NOFOLLOW);
    return failed != 0 ? 0 : static_cast<uint64_t>(st.st_ino);
}

// One line a call: number, process, name, inode, offset or size, bytes of data that follow the
// line, and the paths, with tabs between.
void trace(const Call& call, const char* what)
{
    if (trace_path[0] == '\0') return;
    int fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, trace_path,
                                        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
    if (fd < 0) return;
    bool whole = (control->mode == kPower || control->mode == kPowerKill) && call.data != nullptr;
    char line[3 * PATH_MAX];
    int n =
        ::snprintf(line, sizeof line, "%llu\t%d\t%s\t%llu\t%lld\t%zu\t%zu\t%s\t%s\t%s\n",
                   static_cast<unsigned long long>(call.number), ::getpid(), call.name,
                   static_cast<unsigned long long>(inode_of(call)), static_cast<long long>(call.at),
                   call.size, whole ? call.size : 0, what, call.path.text, call.other.text);
    if (n > 0) {
        // One write, so that two threads' lines do not mix.
        struct iovec parts[2] = {{line, static_cast<size_t>(n)},
                                 {const_cast<void*>(call.data), whole ? call.size : 0}};
        long wrote = ::syscall(SYS_writev, fd, parts, whole ? 2 : 1);
        long left = n + static_cast<long>(parts[1].iov_len) - wrote;
        if (wrote > n && left > 0)
            log_bytes(static_cast<const char*>(call.data) + (wrote - n), static_cast<size_t>(left),
                      fd);
    }
    ::syscall(SYS_close, fd);
}

[[noreturn]] void die(bool all)
{
    ::syscall(SYS_kill, all ? 0 : ::getpid(), SIGKILL);
    for (;;) ::pause();
}

// How much of a write happens. Over what is there: whole sectors, as every disk writes them and as
// formats rely on; behind the end of the file: half of it.
constexpr int64_t kSector = 512;
size_t torn_size(const Call& call)
{
    if (call.data == nullptr) return 0;
    size_t half = call.size / 2;
    struct stat st {};
    if (call.fd < 0 || ::fstat(call.fd, &st) != 0 || call.at >= st.st_size) return half;
    int64_t end = (call.at + static_cast<int64_t>(half)) / kSector * kSector;
    return end > call.at ? static_cast<size_t>(end - call.at) : 0;
}

enum class Verdict { go_on, fail, half_then_die, half_then_fail, die_after };

void is_hit(uint64_t how)
{
    control->hit_pid = static_cast<uint64_t>(::getpid());
    __atomic_store_n(&control->hit, how, __ATOMIC_RELEASE);
}

Verdict judge_error(const Call& call, bool torn)
{
    bool can = can_fail_with(call.kind, control->error);
    if (call.number == control->n) is_hit(can ? kHit : kPassed);
    if (!can) return Verdict::go_on;
    bool half = torn && call.number == control->n && torn_size(call) > 0;
    trace(call, half ? "half" : "fails");
    return half ? Verdict::half_then_fail : Verdict::fail;
}

Verdict judge_kill(const Call& call)
{
    is_hit(kHit);
    trace(call, "killed");
    if (control->mode == kKillAfter) return Verdict::die_after;
    if (control->mode == kKillTorn && torn_size(call) > 0) return Verdict::half_then_die;
    die(control->mode == kKillGroup || control->mode == kPowerKill);
}

Verdict judge(Call& call)
{
    call.number = __atomic_add_fetch(&control->counter, 1, __ATOMIC_SEQ_CST);
    bool now = call.number == control->n;
    bool from = call.number >= control->n;
    switch (control->mode) {
        case kKillBefore:
        case kKillAfter:
        case kKillGroup:
        case kKillTorn:
        case kPowerKill:
            if (now) return judge_kill(call);
            break;
        case kErrorOnce:
            if (now) return judge_error(call, false);
            break;
        case kErrorFrom:
        case kErrorTorn:
            if (from) return judge_error(call, control->mode == kErrorTorn);
            break;
        default: break;
    }
    return Verdict::go_on;
}

// make(size): the call itself, and if it writes, so much of it.
template <class Make>
long run(Call& call, Make&& make)
{
    int before = errno;
    Verdict verdict = judge(call);
    if (verdict == Verdict::fail) {
        errno = static_cast<int>(control->error);
        return -1;
    }
    errno = before;
    bool half = verdict == Verdict::half_then_die || verdict == Verdict::half_then_fail;
    if (verdict == Verdict::go_on && call.kind == Kind::removes) trace(call, "");
    long result = make(half ? torn_size(call) : call.size);
    int after = errno;
    if (verdict == Verdict::half_then_die || verdict == Verdict::die_after) die(false);
    if (verdict == Verdict::go_on && call.kind != Kind::removes)
        trace(call, result < 0 ? "error" : "");
    errno = after;
    return result;
}

template <class Make>
long on_descriptor(const char* name, Kind kind, int fd, int64_t at, const void* data, size_t size,
                   Make&& make)
{
    if (!is_armed()) return make(size);
    int before = errno;
    Call call{.name = name, .kind = kind, .path = {}, .other = {}};
    path_of_descriptor(fd, call.path);
    errno = before;
    if (!call.path.counts) return make(size);
    call.fd = fd;
    call.at = at;
    call.data = data;
    call.size = size;
    return run(call, make);
}

template <class Make>
long on_name(const char* name, Kind kind, int directory, const char* path, int64_t at, Make&& make)
{
    if (!is_armed()) return make(0);
    int before = errno;
    Call call{.name = name, .kind = kind, .path = {}, .other = {}};
    path_of_name(directory, path, call.path);
    errno = before;
    if (!call.path.counts) return make(0);
    call.at = at;
    return run(call, make);
}

template <class Make>
long on_names(const char* name, int from_directory, const char* from, int to_directory,
              const char* to, Make&& make)
{
    if (!is_armed()) return make(0);
    int before = errno;
    Call call{.name = name, .kind = Kind::names, .path = {}, .other = {}};
    path_of_name(from_directory, from, call.path);
    path_of_name(to_directory, to, call.other);
    errno = before;
    if (!call.path.counts && !call.other.counts) return make(0);
    return run(call, make);
}

int open_any(const char* name, int directory, const char* path, int flags, mode_t mode)
{
    auto make = [&](size_t) { return ::syscall(SYS_openat, directory, path, flags, mode); };
    if ((flags & (O_CREAT | O_TRUNC)) == 0 || !is_armed()) return static_cast<int>(make(0));
    int before = errno;
    struct stat st {};
    bool there = ::fstatat(directory, path, &st, 0) == 0;
    errno = before;
    bool makes = !there && (flags & O_CREAT) != 0;
    bool cuts = there && (flags & O_TRUNC) != 0 && st.st_size > 0 && (flags & O_EXCL) == 0;
    if (!makes && !cuts) return static_cast<int>(make(0));
    return static_cast<int>(
        on_name(makes ? name : "truncate", Kind::makes, directory, path, 0, make));
}

mode_t mode_from(int flags, va_list list)
{
    return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(list, int)) : 0;
}

ssize_t write_any(int fd, const void* data, size_t size)
{
    auto make = [&](size_t some) { return ::syscall(SYS_write, fd, data, some); };
    int64_t at = 0;
    if (is_armed()) {
        int before = errno;
        bool appends = (::fcntl(fd, F_GETFL) & O_APPEND) != 0;
        at = ::lseek(fd, 0, appends ? SEEK_END : SEEK_CUR);
        errno = before;
    }
    return on_descriptor("write", Kind::writes, fd, at, data, size, make);
}

ssize_t pwrite_any(int fd, const void* data, size_t size, off_t at)
{
    return on_descriptor("pwrite", Kind::writes, fd, at, data, size,
                         [&](size_t some) { return ::syscall(SYS_pwrite64, fd, data, some, at); });
}

size_t sum(const struct iovec* parts, int count)
{
    size_t total = 0;
    for (int i = 0; i < count; i++) total += parts[i].iov_len;
    return total;
}

// As writes of the parts, one after the other: nothing of the product relies on their being one.
ssize_t writev_any(int fd, const struct iovec* parts, int count)
{
    Path path;
    if (is_armed()) path_of_descriptor(fd, path);
    if (!path.counts) return ::syscall(SYS_writev, fd, parts, count);
    ssize_t total = 0;
    for (int i = 0; i < count; i++) {
        ssize_t n = write_any(fd, parts[i].iov_base, parts[i].iov_len);
        if (n < 0) return total > 0 ? total : n;
        total += n;
        if (static_cast<size_t>(n) < parts[i].iov_len) break;
    }
    return total;
}

int truncate_fd(int fd, off_t size)
{
    return static_cast<int>(
        on_descriptor("ftruncate", Kind::writes, fd, size, nullptr, 0,
                      [&](size_t) { return ::syscall(SYS_ftruncate, fd, size); }));
}

int truncate_name(const char* path, off_t size)
{
    return static_cast<int>(on_name("truncate", Kind::writes, AT_FDCWD, path, size,
                                    [&](size_t) { return ::syscall(SYS_truncate, path, size); }));
}

int fallocate_any(int fd, int mode, off_t at, off_t size)
{
    return static_cast<int>(
        on_descriptor("fallocate", Kind::writes, fd, at, nullptr, static_cast<size_t>(size),
                      [&](size_t) { return ::syscall(SYS_fallocate, fd, mode, at, size); }));
}

// path null: of the descriptor itself.
int set_times(int directory, const char* path, const struct timespec* times, int flags)
{
    auto make = [&](size_t) { return ::syscall(SYS_utimensat, directory, path, times, flags); };
    if (path == nullptr)
        return static_cast<int>(
            on_descriptor("utimens", Kind::attributes, directory, 0, nullptr, 0, make));
    return static_cast<int>(on_name("utimens", Kind::attributes, directory, path, 0, make));
}

bool is_tdb(int fd)
{
    char start[9];
    return ::syscall(SYS_pread64, fd, start, sizeof start, 0L) == sizeof start &&
           ::memcmp(start, "TDB file\n", sizeof start) == 0;
}

void* mmap_any(void* at, size_t size, int protection, int flags, int fd, off_t offset)
{
    int before = errno;
    if (no_mmap && (flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0 && fd >= 0 &&
        is_tdb(fd)) {
        errno = ENODEV;
        return MAP_FAILED;
    }
    errno = before;
    return reinterpret_cast<void*>(::syscall(SYS_mmap, at, size, protection, flags, fd, offset));
}

}  // namespace

// --- the names that programs call. glibc has some of them twice, and more behind macros.
extern "C" {

int open(const char* path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = mode_from(flags, list);
    va_end(list);
    return open_any("open", AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = mode_from(flags, list);
    va_end(list);
    return open_any("open", AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char* path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = mode_from(flags, list);
    va_end(list);
    return open_any("open", directory, path, flags, mode);
}

int openat64(int directory, const char* path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = mode_from(flags, list);
    va_end(list);
    return open_any("open", directory, path, flags, mode);
}

// What a fortified program calls.
int __open_2(const char* path, int flags)
{
    return open_any("open", AT_FDCWD, path, flags, 0);
}
int __open64_2(const char* path, int flags)
{
    return open_any("open", AT_FDCWD, path, flags, 0);
}
int __openat_2(int directory, const char* path, int flags)
{
    return open_any("open", directory, path, flags, 0);
}
int __openat64_2(int directory, const char* path, int flags)
{
    return open_any("open", directory, path, flags, 0);
}

int creat(const char* path, mode_t mode)
{
    return open_any("open", AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int creat64(const char* path, mode_t mode)
{
    return open_any("open", AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

ssize_t write(int fd, const void* data, size_t size)
{
    return write_any(fd, data, size);
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at)
{
    return pwrite_any(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at)
{
    return pwrite_any(fd, data, size, at);
}
ssize_t writev(int fd, const struct iovec* parts, int count)
{
    return writev_any(fd, parts, count);
}
ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t at)
{
    return on_descriptor("pwritev", Kind::writes, fd, at, nullptr, sum(parts, count),
                         [&](size_t) { return ::syscall(SYS_pwritev, fd, parts, count, at, 0L); });
}
ssize_t pwritev64(int fd, const struct iovec* parts, int count, off64_t at)
{
    return pwritev(fd, parts, count, at);
}
ssize_t copy_file_range(int in, off64_t* in_at, int out, off64_t* out_at, size_t size,
                        unsigned flags)
{
    return on_descriptor("copy_file_range", Kind::writes, out, out_at != nullptr ? *out_at : 0,
                         nullptr, size, [&](size_t) {
                             return ::syscall(SYS_copy_file_range, in, in_at, out, out_at, size,
                                              flags);
                         });
}

int rename(const char* from, const char* to)
{
    return static_cast<int>(on_names("rename", AT_FDCWD, from, AT_FDCWD, to, [&](size_t) {
        return ::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    }));
}
int renameat(int from_directory, const char* from, int to_directory, const char* to)
{
    return static_cast<int>(on_names("rename", from_directory, from, to_directory, to, [&](size_t) {
        return ::syscall(SYS_renameat2, from_directory, from, to_directory, to, 0);
    }));
}
int renameat2(int from_directory, const char* from, int to_directory, const char* to,
              unsigned flags)
{
    const char* name = (flags & 2u) != 0 ? "exchange" : "rename";  // RENAME_EXCHANGE
    return static_cast<int>(on_names(name, from_directory, from, to_directory, to, [&](size_t) {
        return ::syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
    }));
}
int link(const char* from, const char* to)
{
    return static_cast<int>(on_names("link", AT_FDCWD, from, AT_FDCWD, to, [&](size_t) {
        return ::syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
    }));
}
int linkat(int from_directory, const char* from, int to_directory, const char* to, int flags)
{
    return static_cast<int>(on_names("link", from_directory, from, to_directory, to, [&](size_t) {
        return ::syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
    }));
}
// Of a symbolic link the text comes second in the trace too.
int symlinkat(const char* text, int directory, const char* path)
{
    return static_cast<int>(on_name("symlink", Kind::names, directory, path, 0, [&](size_t) {
        return ::syscall(SYS_symlinkat, text, directory, path);
    }));
}
int symlink(const char* text, const char* path)
{
    return symlinkat(text, AT_FDCWD, path);
}
int unlinkat(int directory, const char* path, int flags)
{
    const char* name = (flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink";
    return static_cast<int>(on_name(name, Kind::removes, directory, path, 0, [&](size_t) {
        return ::syscall(SYS_unlinkat, directory, path, flags);
    }));
}
int unlink(const char* path)
{
    return unlinkat(AT_FDCWD, path, 0);
}
int rmdir(const char* path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}
int remove(const char* path)
{
    int done = unlinkat(AT_FDCWD, path, 0);
    return done != 0 && errno == EISDIR ? unlinkat(AT_FDCWD, path, AT_REMOVEDIR) : done;
}
int mkdirat(int directory, const char* path, mode_t mode)
{
    return static_cast<int>(on_name("mkdir", Kind::makes, directory, path, 0, [&](size_t) {
        return ::syscall(SYS_mkdirat, directory, path, mode);
    }));
}
int mkdir(const char* path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

int ftruncate(int fd, off_t size)
{
    return truncate_fd(fd, size);
}
int ftruncate64(int fd, off64_t size)
{
    return truncate_fd(fd, size);
}
int truncate(const char* path, off_t size)
{
    return truncate_name(path, size);
}
int truncate64(const char* path, off64_t size)
{
    return truncate_name(path, size);
}
int fallocate(int fd, int mode, off_t at, off_t size)
{
    return fallocate_any(fd, mode, at, size);
}
int fallocate64(int fd, int mode, off64_t at, off64_t size)
{
    return fallocate_any(fd, mode, at, size);
}
int posix_fallocate(int fd, off_t at, off_t size)
{
    int before = errno;
    int failed = fallocate_any(fd, 0, at, size) != 0 ? errno : 0;
    errno = before;
    return failed;
}
int posix_fallocate64(int fd, off64_t at, off64_t size)
{
    return posix_fallocate(fd, at, size);
}

int fsync(int fd)
{
    return static_cast<int>(on_descriptor("fsync", Kind::syncs, fd, 0, nullptr, 0,
                                          [&](size_t) { return ::syscall(SYS_fsync, fd); }));
}
int fdatasync(int fd)
{
    return static_cast<int>(on_descriptor("fdatasync", Kind::syncs, fd, 0, nullptr, 0,
                                          [&](size_t) { return ::syscall(SYS_fdatasync, fd); }));
}
int syncfs(int fd)
{
    return static_cast<int>(on_descriptor("syncfs", Kind::syncs, fd, 0, nullptr, 0,
                                          [&](size_t) { return ::syscall(SYS_syncfs, fd); }));
}
int utimensat(int directory, const char* path, const struct timespec times[2], int flags)
{
    return set_times(directory, path, times, flags);
}
int futimens(int fd, const struct timespec times[2])
{
    return set_times(fd, nullptr, times, 0);
}
// libtdb touches its file so.
int utime(const char* path, const struct utimbuf* times)
{
    if (times == nullptr) return set_times(AT_FDCWD, path, nullptr, 0);
    struct timespec both[2] = {{times->actime, 0}, {times->modtime, 0}};
    return set_times(AT_FDCWD, path, both, 0);
}
int utimes(const char* path, const struct timeval times[2])
{
    if (times == nullptr) return set_times(AT_FDCWD, path, nullptr, 0);
    struct timespec both[2] = {{times[0].tv_sec, times[0].tv_usec * 1000},
                               {times[1].tv_sec, times[1].tv_usec * 1000}};
    return set_times(AT_FDCWD, path, both, 0);
}
int fchmodat(int directory, const char* path, mode_t mode, int /*flags*/)
{
    return static_cast<int>(on_name("chmod", Kind::attributes, directory, path, mode, [&](size_t) {
        return ::syscall(SYS_fchmodat, directory, path, mode);
    }));
}
int chmod(const char* path, mode_t mode)
{
    return fchmodat(AT_FDCWD, path, mode, 0);
}
int fchmod(int fd, mode_t mode)
{
    return static_cast<int>(on_descriptor("chmod", Kind::attributes, fd, mode, nullptr, 0,
                                          [&](size_t) { return ::syscall(SYS_fchmod, fd, mode); }));
}

void* mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return mmap_any(at, size, protection, flags, fd, offset);
}
void* mmap64(void* at, size_t size, int protection, int flags, int fd, off64_t offset)
{
    return mmap_any(at, size, protection, flags, fd, offset);
}

}  // extern "C"
