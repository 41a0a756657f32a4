#include "master/service_manager.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base/fd.h"
#include "lib/base/log.h"

namespace rookery::master {

ServiceManager::ServiceManager()
{
    const char* name = ::getenv("NOTIFY_SOCKET");
    if (name != nullptr && (*name == '/' || *name == '@')) socket_ = name;
    ::unsetenv("NOTIFY_SOCKET");
}

void ServiceManager::tell(std::string_view lines) const
{
    if (socket_.empty()) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_.size() >= sizeof address.sun_path) return;
    ::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (socket_[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    const Fd to(::socket(AF_UNIX, SOCK_DGRAM, 0));
    if (!to || ::sendto(to.get(), lines.data(), lines.size(), 0,
                        reinterpret_cast<const sockaddr*>(&address), size) < 0)
        log::warning("the service manager could not be told",
                     {{"lines", lines}, {"reason", errno_error(socket_)}});
}

}  // namespace rookery::master
