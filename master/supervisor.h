// The main loop of master: START once, then SERVICES, DAEMON and EVENTS until SIGTERM.
//
// Reads nothing that comes from a network. One thread; waits in one poll.
#ifndef ROOKERY_MASTER_SUPERVISOR_H
#define ROOKERY_MASTER_SUPERVISOR_H

#include <string>

#include "lib/base/result.h"
#include "lib/config/config.h"
#include "master/conf.h"
#include "master/daemons.h"
#include "master/events.h"
#include "master/launch_context.h"
#include "master/master_options.h"
#include "master/service_manager.h"
#include "master/service_table.h"

namespace rookery::master {

class Supervisor {
 public:
    // context outlives the supervisor, which sets in it what the configuration says after SIGHUP.
    Supervisor(LaunchContext& context, config::Config config, const MasterOptions& options);

    // Runs the START section; unavailable when an entry fails.
    Status run_start(const Conf& conf);
    Status begin(const Conf& conf);
    // Until SIGTERM and the end of all children. Gives the exit code.
    int loop();

 private:
    void step();
    void wait();
    void reload();
    void reload_config();
    void terminate();
    bool all_gone();
    void child_ended(pid_t pid, int status, MonotonicTime now);
    void tell_ready();

    LaunchContext& context_;
    config::Config config_;  // as it was read last
    std::string conf_path_;
    std::string imapd_conf_;
    std::string ready_file_;
    ServiceManager manager_;
    ServiceTable services_;
    Daemons daemons_;
    Events events_;
    pid_t start_child_ = 0;
    int start_status_ = 0;
    bool ready_told_ = false;
    bool ending_ = false;
    MonotonicTime next_complaint_{};
};

}  // namespace rookery::master

#endif
