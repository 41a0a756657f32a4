// The warm template: forks workers of one service and looks after them (doc/rules.md 7).
//
// Keeps prefork workers spare, forks more on demand up to max_children (living workers of earlier
// templates count), at most fork_rate a second. Says "ready" to master when its first worker is up.
// SIGHUP, or the death of master: no more forks, idle workers end, busy ones after their client,
// then the template ends. SIGTERM: the same, and all workers get SIGTERM. Asks master for a
// successor after kMaxForks forks, kMaxAge, a change of program or certificate, and three crashes
// in 10 s. Single-threaded, and checked to be so before the first fork.
#ifndef ROOKERY_LIB_SERVICE_TEMPLATE_H
#define ROOKERY_LIB_SERVICE_TEMPLATE_H

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/service/file_watch.h"
#include "lib/service/inherited.h"
#include "lib/service/scoreboard.h"
#include "lib/service/status_pipe.h"
#include "lib/service/throttle.h"

namespace rookery::service {

class Template {
 public:
    // Runs in the child, as the worker; gives its exit code.
    using WorkerMain = std::function<int(Fd life, Fd report)>;

    Template(Inherited& inherited, Scoreboard* board, FileWatch watch, WorkerMain worker_main);

    // Until all is over; gives the exit code.
    int run();

 private:
    enum class State { starting, serving, ending };
    struct Child {
        bool started = false;  // has said idle or busy once
        bool busy = false;
    };

    Status open_pipes();
    void fork_what_is_needed(MonotonicTime now);
    bool may_fork(MonotonicTime now);
    void fork_worker();
    void wait_for_something();
    Deadline next_deadline() const;
    void take_reports();
    void reap();
    void child_ended(pid_t pid, const Child& child, int status);
    void look_around(MonotonicTime now);
    void ask_for_successor(Reason reason);
    void go_slow(MonotonicTime now);
    void begin_to_end(bool terminate);
    unsigned spare() const;

    Inherited& in_;
    Scoreboard* board_;
    WorkerMain worker_main_;
    State state_ = State::starting;
    std::map<pid_t, Child> children_;
    Fd life_write_, life_read_;
    Fd report_read_, report_write_;
    MessageReader reports_;
    FileWatch watch_;
    RateLimit rate_;
    Deaths crashes_;
    Deaths failures_;
    std::optional<RateLimit> slow_;
    MonotonicTime started_at_;
    MonotonicTime next_look_;
    MonotonicTime fork_after_{};
    MonotonicTime asked_at_{};
    MonotonicTime slow_until_{};
    unsigned forks_ = 0;
    unsigned others_ = 0;  // living workers of other templates
    bool someone_waits_ = false;
    int exit_code_ = 0;
};

// False when the system can tell that this process has more than one thread.
bool is_single_threaded();

}  // namespace rookery::service

#endif
