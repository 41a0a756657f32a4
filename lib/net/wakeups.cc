// Binding, linking, sending, sweeping.
#include "lib/net/wakeups.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include "lib/base/strings.h"

namespace rookery::net {
namespace {

constexpr int kAttempts = 5;  // a folder may vanish with its last socket

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

// How many datagrams a socket holds that is made now.
size_t queue_here()
{
    auto text = read_file("/proc/sys/net/unix/max_dgram_qlen", 32);
    auto queue = text ? to_number<size_t>(trim(*text)) : text.error();
    return queue ? std::min(*queue, kMaxQueue) : kQueue;
}

void send_one(int fd, const std::string& path, std::string_view what)
{
    sockaddr_un address{};
    if (!fill_address(address, path)) return;
    const auto* to = reinterpret_cast<const sockaddr*>(&address);
    if (::sendto(fd, what.data(), what.size(), 0, to, sizeof address) < 0 && errno == ECONNREFUSED)
        ::unlink(path.c_str());  // its process is gone
}

// Puts a socket into a folder, which is made.
template <class Put>
Status put_into(const std::string& folder, const std::string& path, const Put& put)
{
    if (path.size() >= kMaxSocketPath)
        return Error{Code::limit, cat(path, ": longer than a socket's path may be")};
    for (int attempt = 0;; attempt++) {
        TRY(make_directories(folder));
        ::unlink(path.c_str());
        if (put()) return success();
        if (errno != ENOENT || attempt >= kAttempts) return errno_error(path);
    }
}

}  // namespace

WakeupSocket::WakeupSocket(Fd fd, std::string directory, std::string name)
    : fd_(std::move(fd)), queue_(queue_here()), directory_(std::move(directory)),
      name_(std::move(name))
{
}

std::string WakeupSocket::path_in(std::string_view topic) const
{
    return cat(directory_, '/', topic, '/', name_);
}

Result<WakeupSocket> WakeupSocket::bind(std::string directory, std::string_view topic)
{
    static unsigned counter = 0;
    TRY_ASSIGN(Fd fd, datagram_socket());
    WakeupSocket made(std::move(fd), std::move(directory), cat(::getpid(), '.', ++counter));
    const std::string path = made.path_in(topic);
    sockaddr_un address{};
    (void)fill_address(address, path);
    TRY(put_into(cat(made.directory_, '/', topic), path, [&] {
        const auto* at = reinterpret_cast<const sockaddr*>(&address);
        return ::bind(made.fd(), at, sizeof address) == 0;
    }));
    made.topics_.emplace(topic);
    return made;
}

Status WakeupSocket::add(std::string_view topic)
{
    if (topics_.find(topic) != topics_.end()) return success();
    if (topics_.empty()) return Error{Code::io, "the socket has no name any more"};
    const std::string first = path_in(*topics_.begin());
    const std::string path = path_in(topic);
    TRY(put_into(cat(directory_, '/', topic), path,
                 [&] { return ::link(first.c_str(), path.c_str()) == 0; }));
    topics_.emplace(topic);
    return success();
}

void WakeupSocket::leave(std::string_view topic) const
{
    ::unlink(path_in(topic).c_str());
    ::rmdir(cat(directory_, '/', topic).c_str());  // stays if others wait too
}

void WakeupSocket::remove(std::string_view topic)
{
    const auto at = topics_.find(topic);
    if (at == topics_.end()) return;
    leave(topic);
    topics_.erase(at);
}

WakeupSocket::~WakeupSocket()
{
    if (!fd_) return;
    for (const std::string& topic : topics_) leave(topic);
}

std::vector<std::string> WakeupSocket::take() const
{
    std::vector<std::string> all;
    char buf[kMaxWakeup];
    while (all.size() <= queue_) {
        const ssize_t n = ::recv(fd_.get(), buf, sizeof buf, MSG_DONTWAIT);
        if (n < 0) break;
        all.emplace_back(buf, static_cast<size_t>(n));
    }
    return all;
}

void wake(const std::string& directory, std::string_view topic, std::string_view what)
{
    const std::string folder = cat(directory, '/', topic);
    DIR* dir = ::opendir(folder.c_str());
    if (dir == nullptr) return;
    std::vector<std::string> paths;
    while (const dirent* entry = ::readdir(dir))
        if (entry->d_name[0] != '.')
            paths.push_back(cat(folder, '/', std::string_view(entry->d_name)));
    ::closedir(dir);
    if (paths.empty()) return;
    auto fd = datagram_socket();
    if (!fd) return;
    for (const std::string& path : paths)
        send_one(fd->get(), path, what.substr(0, kMaxWakeup));
}

bool has_waiters(const std::string& directory, std::string_view topic)
{
    return ::access(cat(directory, '/', topic).c_str(), F_OK) == 0;
}

}  // namespace rookery::net
