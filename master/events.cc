// Times of events.
#include "master/events.h"

#include <algorithm>

#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/service/reaper.h"
#include "master/cron.h"

namespace rookery::master {
namespace {

// The next time at which the local clock shows so many minutes after midnight.
time_t next_at(unsigned minutes, time_t now)
{
    tm local{};
    ::localtime_r(&now, &local);
    local.tm_hour = static_cast<int>(minutes / 60);
    local.tm_min = static_cast<int>(minutes % 60);
    local.tm_sec = 0;
    local.tm_isdst = -1;
    time_t due = ::mktime(&local);
    if (due > now) return due;
    local.tm_mday++;
    local.tm_isdst = -1;
    return ::mktime(&local);
}

time_t next_cron(const EventEntry& entry, time_t now)
{
    auto cron = Cron::parse(*entry.cron);
    return cron ? cron->next(now) : 0;
}

}  // namespace

time_t first_due(const EventEntry& entry, time_t now)
{
    if (entry.cron) return next_cron(entry, now);
    return entry.at ? next_at(*entry.at, now) : now;
}

time_t next_due(const EventEntry& entry, time_t due, time_t now)
{
    constexpr unsigned kDay = 24 * 3600;
    if (entry.cron) return next_cron(entry, now);
    if (entry.period == 0) return 0;
    // By the clock on the wall, so that a day with 23 hours does not move it.
    if (entry.at && entry.period == kDay) return next_at(*entry.at, now);
    time_t step = time_t{entry.period};
    time_t next = due + step;
    return next > now && next <= now + step ? next : now + step;
}

void Events::load(const std::vector<EventEntry>& entries, time_t now)
{
    std::vector<Planned> before = std::move(events_);
    events_.clear();
    for (const EventEntry& entry : entries) {
        auto same = std::find_if(before.begin(), before.end(), [&](const Planned& p) {
            EventEntry moved = p.entry;
            moved.line = entry.line;
            return !p.leaving && moved == entry;
        });
        Planned planned;
        if (same != before.end()) {
            planned = *same;
            before.erase(same);
        } else {
            planned.due = first_due(entry, now);
        }
        planned.entry = entry;
        events_.push_back(std::move(planned));
    }
    for (Planned& gone : before) {
        if (gone.pid == 0) continue;
        gone.leaving = true;
        gone.due = 0;
        events_.push_back(std::move(gone));
    }
}

void Events::run(Planned& event)
{
    if (event.pid != 0) {
        log::warning("event is left out: its last run goes on",
                     {{"event", event.entry.name}, {"pid", event.pid}});
        return;
    }
    auto pid = context_.launch(event.entry.argv, {}, 0, {});
    if (!pid) {
        log::error("event cannot be started",
                   {{"event", event.entry.name}, {"reason", pid.error()}});
        return;
    }
    event.pid = *pid;
    log::debug("event started", {{"event", event.entry.name}, {"pid", *pid}});
}

void Events::run_due(time_t now)
{
    if (stopped_) return;
    for (Planned& event : events_) {
        if (event.due == 0 || event.due > now) continue;
        time_t due = event.due;
        event.due = next_due(event.entry, due, now);
        run(event);
    }
}

bool Events::child_ended(pid_t pid, int status)
{
    auto found = std::find_if(events_.begin(), events_.end(),
                              [pid](const Planned& p) { return p.pid == pid; });
    if (found == events_.end()) return false;
    found->pid = 0;
    if (status != 0 && !stopped_)
        log::error("event failed",
                   {{"event", found->entry.name}, {"how", service::describe_exit(status)}});
    if (found->leaving) events_.erase(found);
    return true;
}

// Waits at most a minute, so that a wall clock that was set is noticed.
Deadline Events::due(time_t now) const
{
    constexpr time_t kLongest = 60;
    Deadline due = Deadline::never();
    if (stopped_) return due;
    for (const Planned& event : events_) {
        if (event.due == 0) continue;
        time_t wait = std::clamp<time_t>(event.due - now, 0, kLongest);
        due = due.min(Deadline::after(Seconds(wait)));
    }
    return due;
}

bool Events::has_processes() const
{
    return std::any_of(events_.begin(), events_.end(), [](const Planned& p) { return p.pid != 0; });
}

}  // namespace rookery::master
