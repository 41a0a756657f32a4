// Two pipes are turned into one socket by a parent that copies.
#include "lib/service/stdio_service.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/service/accept.h"
#include "lib/service/status_pipe.h"

namespace rookery::service {
namespace {

int serve_one(Service& service, Fd client, const std::string& name)
{
    Status started = service.worker_start();
    if (!started) {
        log::error("cannot start", {{"reason", started.error()}});
        return log::kExTempFail;
    }
    if (!set_nonblocking(client.get(), true)) return log::kExOsErr;
    ClientInfo info = describe_client(client.get(), name);
    if (info.is_unix) info.host = "[stdio]";
    service.serve(std::move(client), info);
    return 0;
}

// False at the end of the input.
bool copy_some(int from, int to)
{
    char buf[16384];
    ssize_t n = ::read(from, buf, sizeof buf);
    if (n < 0) return errno == EINTR || errno == EAGAIN;
    if (n == 0) return false;
    return write_all(to, std::string_view(buf, static_cast<size_t>(n))).ok();
}

void pump(int service_end)
{
    pollfd fds[2] = {{service_end, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    while (fds[0].fd >= 0) {
        auto ready = signals::poll_fds(fds, Deadline::never());
        if (!ready) return;
        if (signals::terminate_seen()) return;
        if (fds[0].revents != 0 && !copy_some(service_end, STDOUT_FILENO)) return;
        if (fds[1].revents != 0 && !copy_some(STDIN_FILENO, service_end)) {
            ::shutdown(service_end, SHUT_WR);
            fds[1].fd = -1;
        }
    }
}

}  // namespace

int serve_stdio(Service& service, const std::string& name)
{
    struct stat st {};
    if (::fstat(STDIN_FILENO, &st) == 0 && S_ISSOCK(st.st_mode)) {
        auto client = duplicate(STDIN_FILENO);
        if (!client) return log::kExOsErr;
        return serve_one(service, *std::move(client), name);
    }
    auto pair = make_socket_pair();
    if (!pair) return log::kExOsErr;
    pid_t pid = ::fork();
    if (pid < 0) return log::kExOsErr;
    if (pid == 0) {
        pair->theirs.reset();
        ::_exit(serve_one(service, std::move(pair->ours), name));
    }
    pair->ours.reset();
    pump(pair->theirs.get());
    pair->theirs.reset();
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : log::kExSoftware;
}

}  // namespace rookery::service
