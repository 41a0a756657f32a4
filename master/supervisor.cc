// What master does all day.
#include "master/supervisor.h"

#include <signal.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/config/open_log.h"
#include "lib/service/reaper.h"
#include "master/cyrus_programs.h"
#include "master/own_events.h"

namespace rookery::master {
namespace {

constexpr Seconds kComplaintInterval{10};

}  // namespace

Supervisor::Supervisor(LaunchContext& context, config::Config config, const MasterOptions& options)
    : context_(context),
      config_(std::move(config)),
      conf_path_(options.cyrus_conf),
      imapd_conf_(options.imapd_conf),
      ready_file_(options.ready_file.empty() ? config_.master_ready_file() : options.ready_file),
      services_(context),
      daemons_(context),
      events_(context)
{
}

// Each runs to its own end; what it leaves in the background is not waited for.
Status Supervisor::run_start(const Conf& conf)
{
    for (const StartEntry& entry : conf.start) {
        auto failed = [&](std::string_view why) {
            return Error{Code::unavailable,
                         cat(conf.path, ':', entry.line, ": START ", entry.name, ": ", why)};
        };
        auto pid = context_.launch(entry.argv, {}, 0, {});
        if (!pid) return failed(pid.error().text);
        start_child_ = *pid;
        while (start_child_ != 0) {
            TRY(signals::poll_fds({}, Deadline::never()));
            signals::Pending pending = signals::take();
            if (pending.child)
                service::reap_all(
                    [&](pid_t ended, int status) { child_ended(ended, status, monotonic_now()); });
            if (pending.terminate && start_child_ != 0) {
                ::kill(start_child_, SIGTERM);
                return failed("told to end");
            }
        }
        if (WIFEXITED(start_status_) && WEXITSTATUS(start_status_) == log::kExTempFail) {
            log::error("START", {{"entry", entry.name}, {"result", "not now; going on"}});
            continue;
        }
        if (start_status_ != 0) return failed(service::describe_exit(start_status_));
    }
    return success();
}

Status Supervisor::begin(const Conf& conf)
{
    MonotonicTime now = monotonic_now();
    TRY(services_.bind(conf.services, config_.master_bind_errors_fatal()));
    TRY(daemons_.start_waited(conf.daemons, now));
    services_.start(now);
    daemons_.start_others(now);
    events_.load(conf.events, wall_seconds());
    return success();
}

int Supervisor::loop()
{
    for (;;) {
        step();
        if (ending_ && all_gone()) break;
        wait();
    }
    if (!ready_file_.empty()) ::unlink(ready_file_.c_str());
    log::notice("all children have ended, closing down");
    return 0;
}

void Supervisor::step()
{
    MonotonicTime now = monotonic_now();
    if (!ending_) {
        services_.tick(now);
        daemons_.tick(now);
        events_.run_due(wall_seconds());
        if (!ready_told_ && services_.is_settled()) tell_ready();
        return;
    }
    if (now < next_complaint_) return;
    if (next_complaint_ != MonotonicTime{})
        log::notice("waiting for children", {{"services", services_.living()}});
    next_complaint_ = now + kComplaintInterval;
}

void Supervisor::wait()
{
    std::vector<pollfd> fds;
    services_.add_fds(fds);
    Deadline deadline = ending_
                            ? Deadline::at(next_complaint_)
                            : services_.due().min(daemons_.due()).min(events_.due(wall_seconds()));
    auto polled = signals::poll_fds(fds, deadline);
    if (!polled) log::error("poll", {{"reason", polled.error()}});
    MonotonicTime now = monotonic_now();
    for (const pollfd& p : fds)
        if (p.revents != 0) services_.read_reports(p.fd, now);
    signals::Pending pending = signals::take();
    if (pending.child)
        service::reap_all([&](pid_t pid, int status) { child_ended(pid, status, now); });
    if (pending.terminate) terminate();
    if (pending.hangup && !ending_) reload();
}

void Supervisor::child_ended(pid_t pid, int status, MonotonicTime now)
{
    if (pid == start_child_) {
        start_child_ = 0;
        start_status_ = status;
        return;
    }
    if (services_.child_ended(pid, status, now)) return;
    if (daemons_.child_ended(pid, status, now)) return;
    events_.child_ended(pid, status);
}

// What master itself goes by. Who runs the services, the state directory and master's own files are
// those of the start.
void Supervisor::reload_config()
{
    auto config = config::Config::load(imapd_conf_, "master");
    if (!config) {
        log::error("configuration is wrong: the old one is kept", {{"reason", config.error()}});
        return;
    }
    if (config->cyrus_user() != config_.cyrus_user() ||
        config->cyrus_group() != config_.cyrus_group() ||
        config->configdirectory() != config_.configdirectory())
        log::warning("cyrus_user, cyrus_group and configdirectory are those of the start until "
                     "master is started anew");
    config_ = *std::move(config);
    config::log_remarks(config_);
    context_.start_timeout = config_.master_start_timeout();
}

void Supervisor::reload()
{
    auto conf = parse_conf(conf_path_);
    if (!conf) {
        log::error("configuration is wrong: nothing is changed", {{"reason", conf.error()}});
        return;
    }
    reload_config();
    leave_out_cyrus_programs(*conf, context_.programs);
    add_own_events(*conf, config_, imapd_conf_);
    log::notice("reading the configuration again", {{"file", conf_path_}});
    for (const std::string& text : conf->warnings) log::warning(text);
    MonotonicTime now = monotonic_now();
    daemons_.reload(conf->daemons, now);
    services_.reload(conf->services, now);
    events_.load(conf->events, wall_seconds());
}

void Supervisor::terminate()
{
    if (!ending_) {
        log::notice("told to end");
        manager_.tell("STOPPING=1");
    }
    ending_ = true;
    events_.stop();
    services_.terminate();
    daemons_.terminate_others();
}

// Daemons of wait=y last, in reverse order, one by one.
bool Supervisor::all_gone()
{
    if (services_.has_processes() || daemons_.has_others() || events_.has_processes()) return false;
    return !daemons_.terminate_waited();
}

void Supervisor::tell_ready()
{
    ready_told_ = true;
    const std::string out = services_.names_out();
    const std::string without_tls = services_.names_without_tls();
    if (!without_tls.empty())
        log::warning(cat("ready, without ", out.empty() ? "TLS" : out),
                     {{"without_tls", without_tls}});
    else if (!out.empty())
        log::warning("ready, without " + out);
    else
        log::notice("ready");
    manager_.tell("READY=1");
    if (ready_file_.empty()) return;
    Status written = replace_file(ready_file_, cat(::getpid(), '\n'), 0644);
    if (!written) log::error("ready file", {{"reason", written.error()}});
}

}  // namespace rookery::master
