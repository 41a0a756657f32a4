// One SERVICES entry as it runs: its listeners and its templates, of which one is current.
//
// A template is next until it says ready, then current, then old until its last worker is gone. A
// current one is only ever told to end when its successor is ready: a wrong configuration or a
// broken binary leaves the old one at work, and so does one that is not ready in time: it is
// killed. Without an old one nobody gains by that, so it may take as long as it takes. A service
// whose process dies five times within ten seconds is disabled until SIGHUP, unless babysit is set,
// and so is one that ends with 78, at once: the same configuration gives the same again.
// A threaded service (mupdate) has no successor beside it: it gets SIGHUP itself, and is started
// anew when it ends.
#ifndef ROOKERY_MASTER_MANAGED_SERVICE_H
#define ROOKERY_MASTER_MANAGED_SERVICE_H

#include <poll.h>

#include <optional>
#include <vector>

#include "lib/base/clock.h"
#include "lib/service/status_pipe.h"
#include "lib/service/throttle.h"
#include "master/conf.h"
#include "master/launch_context.h"

namespace rookery::master {

class ManagedService {
 public:
    ManagedService(ServiceEntry entry, const LaunchContext& context);

    const std::string& name() const { return entry_.name; }
    Status bind();
    void start(MonotonicTime now);
    // The entry as it now stands in the file, after SIGHUP.
    void reload(ServiceEntry entry, MonotonicTime now);
    // The entry is gone: clients finish, nobody new is let in.
    void retire();
    void terminate();

    // True if it was a process of this service.
    bool child_ended(pid_t pid, int status, MonotonicTime now);
    void add_fds(std::vector<pollfd>& fds) const;
    void read_reports(int fd, MonotonicTime now);
    Deadline due() const;
    void tick(MonotonicTime now);

    // Serving, or known not to.
    bool is_settled() const { return has_current() || disabled_ || leaving_ || !bound_; }
    bool has_processes() const { return !processes_.empty(); }
    bool is_leaving() const { return leaving_; }
    std::vector<pid_t> pids() const;
    // Nobody is served here.
    bool is_out() const { return !leaving_ && (disabled_ || !bound_); }
    // Why the process that was started last does, or would have to do, without TLS.
    const std::string& lacking() const { return lacking_; }

 private:
    enum class Role { next, current, old };
    struct Process {
        pid_t pid = 0;
        Role role = Role::next;
        bool threaded = false;
        Fd status;
        service::MessageReader reader;
        MonotonicTime started;
        bool killed = false;   // it was not ready in time
        bool lacking = false;  // it serves without TLS
    };

    Process* with_role(Role role);
    bool has_current() const;
    void launch(const ServiceEntry& entry, const std::vector<Fd>& listeners, bool slow,
                MonotonicTime now);
    void became_ready(Process& process, bool threaded);
    void take_lacking(Process& process, const std::string& reason);
    void replace_asked(int32_t reason, MonotonicTime now);
    void plan_restart(int status, MonotonicTime now);
    std::optional<MonotonicTime> start_limit(const Process& process) const;
    void end_what_hangs(MonotonicTime now);
    void disable(std::string_view why);
    void reload_threaded(Process& current, bool same);
    void drop_next();
    void close_listeners(std::vector<Fd>& listeners);

    ServiceEntry entry_;
    const LaunchContext& context_;
    std::vector<Fd> listeners_;
    // What the next template was started with, when it differs from the above.
    std::optional<ServiceEntry> pending_entry_;
    std::vector<Fd> pending_listeners_;
    std::vector<Process> processes_;
    service::Deaths deaths_;
    std::string lacking_;
    unsigned temporary_failures_ = 0;
    std::optional<MonotonicTime> restart_at_;
    bool bound_ = false;
    bool disabled_ = false;
    bool leaving_ = false;
};

}  // namespace rookery::master

#endif
