// The skeleton that every prefork daemon links: argv, configuration, the warm template, workers.
//
// A daemon is a Service and a main of one line. master execs it once per SERVICES entry as the
// template; the template calls prepare() (configuration, TLS context, libsasl2), then forks
// workers, each of which calls worker_start() once (open tdb, sockets here, never before the fork)
// and serve() for one client after the other, with blocking I/O. RULES 7 is the contract.
// Started without master (no status descriptor), with -X, a daemon serves stdin/stdout once.
#ifndef ROOKERY_MASTER_SERVICE_H
#define ROOKERY_MASTER_SERVICE_H

#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::master {

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
    // getopt letters beyond the common C: U: T: D X (and D ignored), e.g. "as".
    virtual std::string_view extra_options() const { return {}; }
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

// Runs the daemon; gives the exit code.
int service_main(int argc, char** argv, Service& service);

// This worker's line in the scoreboard (<configdirectory>/proc or proc_path); no-ops without one.
namespace scoreboard {
void set_user(std::string_view user);
// Living workers of this service with that user, and with that client; this one included.
struct Alike {
    unsigned user = 0;
    unsigned client = 0;
    unsigned strangers = 0;  // with that client, and nobody has logged in
};
Alike count_alike(std::string_view user, std::string_view client);
void set_mailbox(std::string_view mailbox);
void set_backend(std::string_view server);
void set_state(std::string_view state);  // "idle", "login", "command name"
}  // namespace scoreboard

// The end of this worker's template: a newer one serves, with a configuration, certificates or a
// program of its own, or master is gone. From then on the worker finishes the session that it has,
// begins no other on the same connection, and grants nothing by the old configuration.
namespace retirement {
// Readable from then on, for polls; -1 in a process that has no template.
int fd();
bool is_due();
}  // namespace retirement

// What is counted of each service (<proc_path>/counters); no-ops without the file.
namespace counters {
// In the order of the file (doc/formats/counters.md): new ones go to the end.
enum class Kind : unsigned char {
    connections,
    logins,
    login_failures,
    commands,
    command_failures,  // answered NO, BAD, or 4xx and 5xx
    messages,          // that were delivered or appended
    backend_failures,  // another server could not be reached
    bytes_received,    // from clients, inside TLS and compression
    bytes_sent,
};
inline constexpr size_t kKinds = 9;
void add(Kind kind, uint64_t n = 1);
}  // namespace counters

}  // namespace rookery::master

#endif
