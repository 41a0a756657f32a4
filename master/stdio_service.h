// -X: one client on standard input and output, which may be a socket (inetd) or two pipes.
#ifndef ROOKERY_MASTER_STDIO_SERVICE_H
#define ROOKERY_MASTER_STDIO_SERVICE_H

#include <string>

#include "master/service.h"

namespace rookery::master {

// Gives the exit code.
int serve_stdio(Service& service, const std::string& name);

}  // namespace rookery::master

#endif
