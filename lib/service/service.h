// Service: what a prefork daemon is, to the skeleton that runs it (service_main.h).
//
// The template calls prepare() (configuration, TLS context, libsasl2), then forks workers, each of
// which calls worker_start() once (open tdb, sockets here, never before the fork) and serve() for
// one client after the other, with blocking I/O. doc/rules.md 7 is the contract. What a daemon
// tells of a session goes to scoreboard.h and counters.h; retirement.h says when it is to let its
// client go.
#ifndef ROOKERY_LIB_SERVICE_SERVICE_H
#define ROOKERY_LIB_SERVICE_SERVICE_H

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/command_line.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::service {

struct ClientInfo {
    std::string address;        // numeric, "" for a Unix socket
    std::string host;           // what logs show: "name [address]" or "[unix socket]"
    std::string local_address;  // ours, numeric
    bool is_unix = false;
    std::string service;  // entry name in cyrus.conf
};

class Service {
 public:
    virtual ~Service() = default;
    // Beyond those that all daemons have (service_setup.h).
    virtual std::vector<Option> options() const { return {}; }
    virtual Status option(char letter, std::string_view argument);
    // Once, in the template, before any fork. An error ends it with exit 78.
    virtual Status prepare(const config::Config& config) = 0;
    // Why prepare() had to do without TLS; "" if it did not. Told to master, which logs it once for
    // all services. Whoever cannot do without fails in prepare() besides.
    virtual std::string lacking() const { return {}; }
    // Once, in the template, after prepare and before any fork: memory that workers would otherwise
    // fill alike, each for itself.
    virtual void warm_up() {}
    // In each worker, once, after the fork.
    virtual Status worker_start() { return success(); }
    // While no client is there: does what has become due, and says when to be asked again.
    virtual Deadline between_clients() { return Deadline::never(); }
    // One client, to its end.
    virtual void serve(Fd client, const ClientInfo& info) = 0;
};

}  // namespace rookery::service

#endif
