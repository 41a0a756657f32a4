// Taking a client from a listener, and who it is.
#ifndef ROOKERY_LIB_SERVICE_ACCEPT_H
#define ROOKERY_LIB_SERVICE_ACCEPT_H

#include <string>

#include "lib/base/fd.h"
#include "lib/service/service.h"

namespace rookery::service {

// The client is O_CLOEXEC and non-blocking. On an error errno is that of accept(2); EAGAIN means
// that another worker was faster.
Result<Fd> accept_client(int listener);

// Who is at the other end of a connected socket. Turns TCP_NODELAY and SO_KEEPALIVE on.
ClientInfo describe_client(int fd, const std::string& service);

}  // namespace rookery::service

#endif
