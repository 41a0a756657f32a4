// Binding, sending, sweeping.
#include "imap/store/wakeup.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <vector>

#include "imap/store/index_format.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

std::string mailbox_directory_of(const std::string& directory, uint64_t mailbox)
{
    char bytes[8];
    store64(bytes, mailbox);
    return cat(directory, '/', hex({bytes, sizeof bytes}));
}

bool fill_address(sockaddr_un& address, const std::string& path)
{
    address.sun_family = AF_UNIX;
    if (path.size() >= kMaxSocketPath || path.size() >= sizeof address.sun_path) return false;
    memcpy(address.sun_path, path.data(), path.size());
    return true;
}

Result<Fd> datagram_socket()
{
    int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0) return errno_error("socket");
    Fd owned(fd);
    TRY(set_cloexec(fd, true));
    TRY(set_nonblocking(fd, true));
    return owned;
}

void send_one(int fd, const std::string& path)
{
    sockaddr_un address{};
    if (!fill_address(address, path)) return;
    char byte = 0;
    auto* to = reinterpret_cast<const sockaddr*>(&address);
    if (::sendto(fd, &byte, 1, 0, to, sizeof address) < 0 && errno == ECONNREFUSED)
        ::unlink(path.c_str());  // its process is gone
}

}  // namespace

Result<WakeupSocket> WakeupSocket::bind(const std::string& directory, uint64_t mailbox)
{
    static unsigned counter = 0;
    constexpr int kAttempts = 5;  // the directory may vanish with its last socket
    std::string folder = mailbox_directory_of(directory, mailbox);
    std::string path = cat(folder, '/', ::getpid(), '.', ++counter);
    sockaddr_un address{};
    if (!fill_address(address, path))
        return Error{Code::limit, cat(path, ": longer than a socket's path may be")};
    TRY_ASSIGN(Fd fd, datagram_socket());
    for (int attempt = 0;; attempt++) {
        TRY(make_directories(folder));
        ::unlink(path.c_str());
        if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
            return WakeupSocket(std::move(fd), std::move(path));
        if (errno != ENOENT || attempt >= kAttempts) return errno_error(path);
    }
}

WakeupSocket::~WakeupSocket()
{
    if (!fd_) return;
    ::unlink(path_.c_str());
    ::rmdir(directory_of(path_).c_str());  // stays if others wait too
}

void WakeupSocket::drain() const
{
    char buf[64];
    while (::recv(fd_.get(), buf, sizeof buf, MSG_DONTWAIT) >= 0) continue;
}

void wake(const std::string& directory, uint64_t mailbox)
{
    std::string folder = mailbox_directory_of(directory, mailbox);
    DIR* dir = ::opendir(folder.c_str());
    if (dir == nullptr) return;
    std::vector<std::string> paths;
    while (const dirent* entry = ::readdir(dir))
        if (entry->d_name[0] != '.')
            paths.push_back(cat(folder, '/', std::string_view(entry->d_name)));
    ::closedir(dir);
    auto fd = datagram_socket();
    if (!fd) return;
    for (const std::string& path : paths) send_one(fd->get(), path);
}

}  // namespace rookery::store
