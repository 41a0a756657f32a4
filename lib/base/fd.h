// Fd: an owned file descriptor, closed when it goes out of scope. Move-only.
//
// The free functions are the descriptor calls that every layer needs, with EINTR handled and errors
// as Result. All descriptors that they make are O_CLOEXEC.
#ifndef ROOKERY_LIB_BASE_FD_H
#define ROOKERY_LIB_BASE_FD_H

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>

#include "lib/base/result.h"

namespace rookery {

class Fd {
 public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept
    {
        if (this != &other) reset(std::exchange(other.fd_, -1));
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void reset(int fd = -1);

 private:
    int fd_ = -1;
};

struct Pipe {
    Fd read_end;
    Fd write_end;
};

Result<Fd> open_file(const std::string& path, int flags, mode_t mode = 0600);
Result<Pipe> make_pipe();
// Without a name, in that folder: gone with its last descriptor, however the process ends.
Result<Fd> nameless_file(const std::string& folder);
Result<Fd> duplicate(int fd);
Status set_nonblocking(int fd, bool on);
Status set_cloexec(int fd, bool on);
// All bytes, on a descriptor that blocks (a file, a pipe). Not for sockets: those have lib/stream.
Status write_all(int fd, std::string_view bytes);
Status sync_fd(int fd);                          // fdatasync where there is one
Status sync_directory(const std::string& path);  // so that a new or renamed name is durable
// A whole file, at most max bytes (Code::limit).
Result<std::string> read_file(const std::string& path, size_t max);
// Writes path.NEW-<pid>, syncs it, renames it over path and syncs the directory.
Status replace_file(const std::string& path, std::string_view bytes, mode_t mode = 0600);
// mkdir -p; existing directories are fine. Those above path that it makes are durable.
Status make_directories(const std::string& path, mode_t mode = 0700);
std::string directory_of(std::string_view path);

}  // namespace rookery

#endif
