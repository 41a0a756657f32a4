// Descriptor calls with EINTR handled and errors as Result.
#include "config.h"

#include "lib/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/strings.h"

namespace rookery {

void Fd::reset(int fd)
{
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
}

Result<Fd> open_file(const std::string& path, int flags, mode_t mode)
{
    for (;;) {
        int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
        if (fd >= 0) return Fd(fd);
        if (errno != EINTR) return errno_error(path);
    }
}

Result<Pipe> make_pipe()
{
    int p[2];
#ifdef HAVE_PIPE2
    if (::pipe2(p, O_CLOEXEC) != 0) return errno_error("pipe");
    return Pipe{Fd(p[0]), Fd(p[1])};
#else
    if (::pipe(p) != 0) return errno_error("pipe");
    Pipe made{Fd(p[0]), Fd(p[1])};
    TRY(set_cloexec(p[0], true));
    TRY(set_cloexec(p[1], true));
    return made;
#endif
}

Result<Fd> nameless_file(const std::string& folder)
{
    std::string path = folder + "/file-XXXXXX";
    Fd fd(::mkstemp(path.data()));
    if (!fd) return errno_error(path);
    if (::unlink(path.c_str()) != 0) return errno_error(path);
    TRY(set_cloexec(fd.get(), true));
    return fd;
}

Result<Fd> duplicate(int fd)
{
    int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) return errno_error("dup");
    return Fd(copy);
}

namespace {
Status set_flag(int fd, int get, int set, int flag, bool on)
{
    int flags = ::fcntl(fd, get);
    if (flags < 0) return errno_error("fcntl");
    int wanted = on ? flags | flag : flags & ~flag;
    if (wanted != flags && ::fcntl(fd, set, wanted) < 0) return errno_error("fcntl");
    return success();
}
}  // namespace

Status set_nonblocking(int fd, bool on)
{
    return set_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, on);
}

Status set_cloexec(int fd, bool on)
{
    return set_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, on);
}

Status write_all(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0) {
            if (errno == EINTR) continue;
            return errno_error("write");
        }
        bytes.remove_prefix(static_cast<size_t>(n));
    }
    return success();
}

Status sync_fd(int fd)
{
#ifdef HAVE_FDATASYNC
    if (::fdatasync(fd) != 0) return errno_error("fdatasync");
#else
    if (::fsync(fd) != 0) return errno_error("fsync");
#endif
    return success();
}

Status sync_directory(const std::string& path)
{
    TRY_ASSIGN(Fd dir, open_file(path, O_RDONLY | O_DIRECTORY));
    if (::fsync(dir.get()) != 0 && errno != EINVAL) return errno_error(cat("fsync ", path));
    return success();
}

Result<std::string> read_file(const std::string& path, size_t max)
{
    TRY_ASSIGN(Fd fd, open_file(path, O_RDONLY));
    std::string out;
    char buf[8192];
    for (;;) {
        ssize_t n = ::read(fd.get(), buf, sizeof buf);
        if (n < 0) {
            if (errno == EINTR) continue;
            return errno_error(path);
        }
        if (n == 0) return out;
        if (out.size() + static_cast<size_t>(n) > max)
            return Error{Code::limit, cat(path, ": larger than ", max, " bytes")};
        out.append(buf, static_cast<size_t>(n));
    }
}

std::string directory_of(std::string_view path)
{
    size_t slash = path.rfind('/');
    if (slash == path.npos) return ".";
    return std::string(slash == 0 ? path.substr(0, 1) : path.substr(0, slash));
}

Status replace_file(const std::string& path, std::string_view bytes, mode_t mode)
{
    std::string temporary = cat(path, ".NEW-", ::getpid());
    auto fill = [&]() -> Status {
        TRY_ASSIGN(Fd fd, open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode));
        TRY(write_all(fd.get(), bytes));
        return sync_fd(fd.get());
    };
    Status filled = fill();
    if (filled && ::rename(temporary.c_str(), path.c_str()) != 0)
        filled = errno_error(cat("rename ", path));
    if (!filled) {
        ::unlink(temporary.c_str());
        return filled;
    }
    return sync_directory(directory_of(path));
}

Status make_directories(const std::string& path, mode_t mode)
{
    if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return success();
    if (errno != ENOENT) return errno_error(path);
    std::string parent = directory_of(path);
    if (parent == path) return errno_error(path);
    TRY(make_directories(parent, mode));
    // Or what is put below it could be durable under a name that is not.
    const std::string above = directory_of(parent);
    // One that may be gone through but not read, such as that of another user, is nobody's to sync.
    if (auto synced = sync_directory(above); !synced && ::access(above.c_str(), R_OK) == 0)
        return synced;
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return errno_error(path);
    return success();
}

}  // namespace rookery
