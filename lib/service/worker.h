// A worker: accepts on all listeners of its service and serves one client at a time.
//
// Ends when its template's pipe closes, after max_uses clients, after an idle time, on SIGTERM and,
// between clients, on SIGHUP. A session that is going on learns of the pipe by service::retirement.
// Tells its template "busy" and "idle".
#ifndef ROOKERY_LIB_SERVICE_WORKER_H
#define ROOKERY_LIB_SERVICE_WORKER_H

#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/service/counters.h"
#include "lib/service/scoreboard.h"
#include "lib/service/service.h"

namespace rookery::service {

struct WorkerParts {
    Service& service;
    const std::string& name;
    const std::vector<Fd>& listeners;
    Fd life;    // read end; its end of file is the end of the template
    Fd report;  // Message{busy or idle, own pid}
    unsigned max_uses;
    unsigned timeout;          // seconds
    bool timeout_when_unused;  // also before the first client
    Scoreboard* board;
    Counters* counters;
};

// Gives the exit code.
int run_worker(WorkerParts parts);

}  // namespace rookery::service

#endif
