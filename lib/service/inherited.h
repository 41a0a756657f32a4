// What a daemon gets from master: descriptors and environment.
//
// Descriptor 3 is the status pair, 4 and up are the listeners. Environment: CYRUS_SERVICE (entry
// name), CYRUS_ID (0: one template serves all addresses), ROOKERY_LISTENERS (how many),
// ROOKERY_PROGRAM (the file that was executed), ROOKERY_PREFORK, ROOKERY_MAXCHILD,
// ROOKERY_MAXFORKRATE, ROOKERY_SLOW (after crashes: one fork per second at first),
// ROOKERY_REPLACES (1: a template that lacks nothing serves meanwhile),
// ROOKERY_WORKER ("life,report": this is a worker of prefork_mode exec).
#ifndef ROOKERY_LIB_SERVICE_INHERITED_H
#define ROOKERY_LIB_SERVICE_INHERITED_H

#include <optional>
#include <string>
#include <vector>

#include "lib/base/fd.h"

namespace rookery::service {

struct Inherited {
    std::string service;  // entry name; "" when not started by master
    std::string program;
    Fd status;
    std::vector<Fd> listeners;
    unsigned prefork = 0;
    unsigned max_children = 0;  // 0: no limit
    unsigned fork_rate = 0;     // per second, 0: no limit
    bool slow = false;
    bool replaces_complete = false;  // a template that lacks nothing serves meanwhile
    // A worker of prefork_mode exec has these instead of a status pair.
    Fd life;
    Fd report;
    bool is_worker() const { return static_cast<bool>(life); }
};

// none: the process was not started by master.
std::optional<Inherited> take_inherited();

// Tells master why a service is to serve without TLS, if it is ("" is nothing), which master logs.
// Ends the process, with 78, where it cannot serve so, or where one serves that need not.
void tell_what_is_lacking(const std::string& reason, const Inherited& inherited, bool can_serve);

}  // namespace rookery::service

#endif
