// The skeleton that every prefork daemon links: argv, configuration, the warm template, workers.
//
// A daemon is a Service and a main of one line. master execs it once per SERVICES entry as the
// template; service.h says what is called when. Started without master (no status descriptor), with
// -X, a daemon serves stdin/stdout once.
#ifndef ROOKERY_LIB_SERVICE_SERVICE_MAIN_H
#define ROOKERY_LIB_SERVICE_SERVICE_MAIN_H

#include "lib/service/service.h"

namespace rookery::service {

// Runs the daemon; gives the exit code.
int service_main(int argc, char** argv, Service& service);

}  // namespace rookery::service

#endif
