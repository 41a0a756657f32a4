// The DAEMON section: programs that master keeps alive and that listen for themselves.
//
// wait=y: started one after the other before the services; each writes "ok\r\n" to descriptor 3
// within a minute (Code::timeout, unavailable). One that dies five times within ten seconds is
// disabled until SIGHUP.
#ifndef ROOKERY_MASTER_DAEMONS_H
#define ROOKERY_MASTER_DAEMONS_H

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/service/throttle.h"
#include "master/conf.h"
#include "master/launch_context.h"

namespace rookery::master {

class Daemons {
 public:
    explicit Daemons(const LaunchContext& context) : context_(context) {}

    Status start_waited(const std::vector<DaemonEntry>& entries, MonotonicTime now);
    void start_others(MonotonicTime now);
    void reload(const std::vector<DaemonEntry>& entries, MonotonicTime now);
    // SIGTERM to those without wait=y; the rest stay until the services are gone.
    void terminate_others();
    // The next one of wait=y, from the last; true while there is one.
    bool terminate_waited();

    bool child_ended(pid_t pid, int status, MonotonicTime now);
    Deadline due() const;
    void tick(MonotonicTime now);
    bool has_processes() const;
    bool has_others() const;

 private:
    struct Running {
        DaemonEntry entry;
        pid_t pid = 0;
        Fd status;
        service::Deaths deaths{5, Seconds(10)};
        std::optional<MonotonicTime> restart_at;
        bool leaving = false;
    };
    void launch(Running& daemon, MonotonicTime now);
    Status wait_for_ok(Running& daemon);

    const LaunchContext& context_;
    std::vector<Running> daemons_;
};

}  // namespace rookery::master

#endif
