// The EVENTS section: when each command is due.
//
// period=n every n minutes, at once the first time; period=0 once; at=hhmm first at that local time
// and then every period (a day, when none is given); cron= five fields. An event whose last run has
// not ended is left out, with a line in the log. SIGHUP: unchanged events keep their time.
#ifndef ROOKERY_MASTER_EVENTS_H
#define ROOKERY_MASTER_EVENTS_H

#include <time.h>

#include <optional>
#include <vector>

#include "lib/base/clock.h"
#include "master/conf.h"
#include "master/launch_context.h"

namespace rookery::master {

// When an event is due for the first time, seen from now; 0: never.
time_t first_due(const EventEntry& entry, time_t now);
// When it is due again after it ran at now; 0: never.
time_t next_due(const EventEntry& entry, time_t due, time_t now);

class Events {
 public:
    explicit Events(const LaunchContext& context) : context_(context) {}

    void load(const std::vector<EventEntry>& entries, time_t now);
    void run_due(time_t now);
    bool child_ended(pid_t pid, int status);
    Deadline due(time_t now) const;
    void stop() { stopped_ = true; }
    bool has_processes() const;

 private:
    struct Planned {
        EventEntry entry;
        time_t due = 0;  // 0: never
        pid_t pid = 0;
        bool leaving = false;
    };
    void run(Planned& event);

    const LaunchContext& context_;
    std::vector<Planned> events_;
    bool stopped_ = false;
};

}  // namespace rookery::master

#endif
