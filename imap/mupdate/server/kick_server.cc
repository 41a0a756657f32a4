#include "imap/mupdate/server/kick_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::mupdate {
namespace {

constexpr size_t kMaxWaiting = 256;

}  // namespace

Result<Fd> KickServer::listen(const std::string& path)
{
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Error{Code::config, cat(path, " is too long for a socket")};
    std::copy(path.begin(), path.end(), address.sun_path);
    TRY(make_directories(directory_of(path)));
    Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    if (!fd) return errno_error("socket");
    TRY(set_cloexec(fd.get(), true));
    TRY(set_nonblocking(fd.get(), true));
    ::unlink(path.c_str());
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return errno_error(cat("bind ", path));
    if (::chmod(path.c_str(), 0777) != 0) return errno_error(cat("chmod ", path));
    if (::listen(fd.get(), 128) != 0) return errno_error(cat("listen ", path));
    return fd;
}

Status KickServer::start()
{
    TRY_ASSIGN(socket_, listen(path_));
    TRY_ASSIGN(stop_pipe_, make_pipe());
    return thread_.start([this] { run(); });
}

void KickServer::stop()
{
    if (!stop_pipe_.write_end) return;
    if (::write(stop_pipe_.write_end.get(), "s", 1) < 0) log::debug("stopped already");
    thread_.join();
}

// All who are waiting are served by one look.
void KickServer::run()
{
    for (;;) {
        pollfd fds[2] = {{socket_.get(), POLLIN, 0}, {stop_pipe_.read_end.get(), POLLIN, 0}};
        ::poll(fds, 2, -1);
        if (fds[1].revents != 0) return;
        std::vector<Fd> waiting;
        while (waiting.size() < kMaxWaiting) {
            Fd client(::accept(socket_.get(), nullptr, nullptr));
            if (!client) break;
            (void)set_cloexec(client.get(), true);
            waiting.push_back(std::move(client));
        }
        if (waiting.empty()) continue;
        const Status done = catch_up_();
        const std::string_view word = done ? "ok" : "behind";
        for (const Fd& fd : waiting)
            if (::send(fd.get(), word.data(), word.size(), MSG_NOSIGNAL) < 0)
                log::debug("who kicked has gone");
    }
}

}  // namespace rookery::mupdate
