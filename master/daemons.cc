// Keeping daemons alive.
#include "master/daemons.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/reaper.h"
#include "lib/service/status_pipe.h"

namespace rookery::master {
namespace {

constexpr Seconds kOkTime{60};

}  // namespace

void Daemons::launch(Running& daemon, MonotonicTime now)
{
    auto pair = service::make_socket_pair();
    Result<pid_t> pid =
        pair ? context_.launch(daemon.entry.argv, {pair->theirs.get()}, daemon.entry.max_fds,
                               {{"CYRUS_SERVICE", daemon.entry.name},
                                {"CYRUS_ID", "0"},
                                {"CYRUS_ISDAEMON", "1"}})
             : Result<pid_t>(pair.error());
    if (!pid) {
        log::error("daemon cannot be started",
                   {{"daemon", daemon.entry.name}, {"reason", pid.error()}});
        daemon.restart_at = now + Seconds(10);
        return;
    }
    daemon.pid = *pid;
    daemon.status = std::move(pair->ours);
    daemon.restart_at.reset();
}

Status Daemons::wait_for_ok(Running& daemon)
{
    Deadline deadline = Deadline::after(kOkTime);
    std::string got;
    while (!deadline.passed()) {
        pollfd fd{daemon.status.get(), POLLIN, 0};
        TRY(signals::poll_fds(std::span(&fd, 1), deadline));
        if (signals::terminate_seen()) return Error{Code::unavailable, "told to end"};
        if (fd.revents == 0) continue;
        char buf[64];
        ssize_t n = ::read(fd.fd, buf, sizeof buf);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (n <= 0)
            return Error{Code::unavailable, cat(daemon.entry.name, ": ended without \"ok\"")};
        got.append(buf, static_cast<size_t>(n));
        if (got.starts_with("ok\r\n")) return success();
        if (got.size() >= 4)
            return Error{Code::unavailable, cat(daemon.entry.name, ": did not say \"ok\"")};
    }
    return Error{Code::timeout, cat(daemon.entry.name, ": no \"ok\" within a minute")};
}

Status Daemons::start_waited(const std::vector<DaemonEntry>& entries, MonotonicTime now)
{
    for (const DaemonEntry& entry : entries) {
        daemons_.emplace_back();
        daemons_.back().entry = entry;
    }
    for (Running& daemon : daemons_) {
        if (!daemon.entry.wait) continue;
        launch(daemon, now);
        if (daemon.pid == 0)
            return Error{Code::unavailable, cat(daemon.entry.name, ": cannot be started")};
        TRY(wait_for_ok(daemon));
    }
    return success();
}

void Daemons::start_others(MonotonicTime now)
{
    for (Running& daemon : daemons_)
        if (daemon.pid == 0 && !daemon.entry.wait) launch(daemon, now);
}

void Daemons::reload(const std::vector<DaemonEntry>& entries, MonotonicTime now)
{
    for (Running& daemon : daemons_) {
        auto found = std::find_if(entries.begin(), entries.end(), [&](const DaemonEntry& e) {
            return e.name == daemon.entry.name;
        });
        bool gone = found == entries.end();
        bool changed = !gone && found->argv != daemon.entry.argv;
        daemon.leaving = gone;
        daemon.deaths.clear();
        if (!gone) daemon.entry = *found;
        // Of another command line: it ends, and is started anew with that.
        if (daemon.pid != 0) ::kill(daemon.pid, gone || changed ? SIGTERM : SIGHUP);
        if (daemon.pid == 0 && !gone) launch(daemon, now);
    }
    std::erase_if(daemons_, [](const Running& d) { return d.leaving && d.pid == 0; });
    for (const DaemonEntry& entry : entries) {
        bool known = std::any_of(daemons_.begin(), daemons_.end(), [&](const Running& d) {
            return d.entry.name == entry.name && !d.leaving;
        });
        if (known) continue;
        daemons_.emplace_back();
        daemons_.back().entry = entry;
        launch(daemons_.back(), now);
    }
}

bool Daemons::child_ended(pid_t pid, int status, MonotonicTime now)
{
    for (Running& daemon : daemons_) {
        if (daemon.pid != pid) continue;
        daemon.pid = 0;
        daemon.status.reset();
        if (daemon.leaving) return true;
        log::error(
            "daemon ended",
            {{"daemon", daemon.entry.name}, {"pid", pid}, {"how", service::describe_exit(status)}});
        if (daemon.deaths.record(now))
            log::error("daemon disabled until SIGHUP", {{"daemon", daemon.entry.name}});
        else
            daemon.restart_at = now + Milliseconds(200) * daemon.deaths.recent(now);
        return true;
    }
    return false;
}

void Daemons::terminate_others()
{
    for (Running& daemon : daemons_) {
        daemon.leaving = true;
        daemon.restart_at.reset();
        if (daemon.pid != 0 && !daemon.entry.wait) ::kill(daemon.pid, SIGTERM);
    }
}

bool Daemons::terminate_waited()
{
    for (auto daemon = daemons_.rbegin(); daemon != daemons_.rend(); ++daemon) {
        if (daemon->pid == 0) continue;
        ::kill(daemon->pid, SIGTERM);
        return true;
    }
    return false;
}

Deadline Daemons::due() const
{
    Deadline due = Deadline::never();
    for (const Running& daemon : daemons_)
        if (daemon.restart_at) due = due.min(Deadline::at(*daemon.restart_at));
    return due;
}

void Daemons::tick(MonotonicTime now)
{
    for (Running& daemon : daemons_) {
        if (!daemon.restart_at || now < *daemon.restart_at) continue;
        daemon.restart_at.reset();
        if (daemon.pid == 0 && !daemon.leaving) launch(daemon, now);
    }
}

bool Daemons::has_processes() const
{
    return std::any_of(daemons_.begin(), daemons_.end(),
                       [](const Running& d) { return d.pid != 0; });
}

bool Daemons::has_others() const
{
    return std::any_of(daemons_.begin(), daemons_.end(),
                       [](const Running& d) { return d.pid != 0 && !d.entry.wait; });
}

}  // namespace rookery::master
