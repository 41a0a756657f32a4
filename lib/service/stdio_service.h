// -X: one client on standard input and output, which may be a socket (inetd) or two pipes.
#ifndef ROOKERY_LIB_SERVICE_STDIO_SERVICE_H
#define ROOKERY_LIB_SERVICE_STDIO_SERVICE_H

#include <string>

#include "lib/service/service.h"

namespace rookery::service {

// Gives the exit code.
int serve_stdio(Service& service, const std::string& name);

}  // namespace rookery::service

#endif
