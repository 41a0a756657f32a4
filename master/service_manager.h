// Who started master, if it wants to be told how master is: the datagrams of sd_notify(3), without
// its library. NOTIFY_SOCKET names the socket, a path or "@" and an abstract name.
//
// One thread. Whoever is not there, or does not listen, is no reason not to serve.
#ifndef ROOKERY_MASTER_SERVICE_MANAGER_H
#define ROOKERY_MASTER_SERVICE_MANAGER_H

#include <string>
#include <string_view>

namespace rookery::master {

class ServiceManager {
 public:
    // Takes the variable out of the environment: what master starts is not to speak for it.
    ServiceManager();
    // "READY=1", "STOPPING=1": lines as the manual page of sd_notify has them.
    void tell(std::string_view lines) const;

 private:
    std::string socket_;  // "": nobody
};

}  // namespace rookery::master

#endif
