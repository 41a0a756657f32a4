// The life of one service.
#include "master/managed_service.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/service/listen.h"
#include "lib/service/reaper.h"

namespace rookery::master {
namespace {

constexpr unsigned kDeathLimit = 5;
constexpr Seconds kDeathWindow{10};
constexpr Milliseconds kLongestPause{10'000};

Result<std::vector<Fd>> bind_entry(const ServiceEntry& entry, const LaunchContext& context)
{
    TRY_ASSIGN(service::ListenTarget target, service::parse_listen(entry.listen));
    return service::bind_all(target, entry.proto, context.backlog, context.run_as());
}

}  // namespace

ManagedService::ManagedService(ServiceEntry entry, const LaunchContext& context)
    : entry_(std::move(entry)), context_(context), deaths_(kDeathLimit, kDeathWindow)
{
}

Status ManagedService::bind()
{
    TRY_ASSIGN(listeners_, bind_entry(entry_, context_));
    bound_ = true;
    return success();
}

void ManagedService::start(MonotonicTime now)
{
    if (bound_) launch(entry_, listeners_, false, now);
}

ManagedService::Process* ManagedService::with_role(Role role)
{
    for (Process& p : processes_)
        if (p.role == role) return &p;
    return nullptr;
}

bool ManagedService::has_current() const
{
    return std::any_of(processes_.begin(), processes_.end(),
                       [](const Process& p) { return p.role == Role::current; });
}

std::vector<pid_t> ManagedService::pids() const
{
    std::vector<pid_t> out;
    for (const Process& p : processes_) out.push_back(p.pid);
    return out;
}

void ManagedService::launch(const ServiceEntry& entry, const std::vector<Fd>& listeners, bool slow,
                            MonotonicTime now)
{
    auto fail = [&](const Error& error) {
        log::error("service cannot be started", {{"service", entry.name}, {"reason", error}});
        drop_next();
        if (!has_current()) plan_restart(log::kExTempFail << 8, now);
    };
    auto pair = service::make_socket_pair();
    if (!pair) return fail(pair.error());
    std::vector<int> fds{pair->theirs.get()};
    for (const Fd& listener : listeners) fds.push_back(listener.get());
    const bool complete = std::any_of(processes_.begin(), processes_.end(), [](const Process& p) {
        return p.role == Role::current && !p.lacking;
    });
    auto pid = context_.launch(entry.argv, std::move(fds), entry.max_fds,
                               {{"CYRUS_SERVICE", entry.name},
                                {"CYRUS_ID", "0"},
                                {"ROOKERY_LISTENERS", cat(listeners.size())},
                                {"ROOKERY_PREFORK", cat(entry.prefork)},
                                {"ROOKERY_MAXCHILD", cat(entry.max_children)},
                                {"ROOKERY_MAXFORKRATE", cat(entry.fork_rate)},
                                {"ROOKERY_SLOW", slow ? "1" : "0"},
                                {"ROOKERY_REPLACES", complete ? "1" : "0"}});
    if (!pid) return fail(pid.error());
    Process process;
    process.pid = *pid;
    process.status = std::move(pair->ours);
    process.started = now;
    processes_.push_back(std::move(process));
    log::debug("service started", {{"service", entry.name}, {"pid", *pid}});
}

void ManagedService::became_ready(Process& process, bool threaded)
{
    if (process.role != Role::next) return;
    if (Process* before = with_role(Role::current)) {
        before->role = Role::old;
        ::kill(before->pid, SIGHUP);
    }
    process.role = Role::current;
    process.threaded = threaded;
    if (!process.lacking) lacking_.clear();
    temporary_failures_ = 0;
    if (pending_entry_) {
        entry_ = *std::move(pending_entry_);
        pending_entry_.reset();
    }
    if (!pending_listeners_.empty()) {
        close_listeners(listeners_);
        listeners_ = std::move(pending_listeners_);
        pending_listeners_.clear();
    }
    log::info("service ready", {{"service", entry_.name}, {"pid", process.pid}});
}

void ManagedService::add_fds(std::vector<pollfd>& fds) const
{
    for (const Process& p : processes_)
        if (p.status) fds.push_back({p.status.get(), POLLIN, 0});
}

void ManagedService::read_reports(int fd, MonotonicTime now)
{
    auto found = std::find_if(processes_.begin(), processes_.end(),
                              [fd](const Process& p) { return p.status.get() == fd; });
    if (found == processes_.end()) return;
    std::vector<service::Received> messages = found->reader.read(fd);
    bool is_current = found->role == Role::current;
    if (found->reader.ended()) found->status.reset();
    for (const service::Received& m : messages) {
        if (m.report == static_cast<int32_t>(service::Report::lacking))
            take_lacking(*found, m.text);
        if (m.report == static_cast<int32_t>(service::Report::ready)) became_ready(*found, false);
        if (m.report == static_cast<int32_t>(service::Report::ready_threaded))
            became_ready(*found, true);
        if (m.report == static_cast<int32_t>(service::Report::replace) && is_current) {
            replace_asked(m.value, now);
            return;  // found may have moved
        }
    }
}

void ManagedService::take_lacking(Process& process, const std::string& reason)
{
    process.lacking = true;
    lacking_ = reason;
}

void ManagedService::replace_asked(int32_t reason, MonotonicTime now)
{
    if (with_role(Role::next) != nullptr || leaving_) return;
    auto why = static_cast<service::Reason>(reason);
    log::notice("replacing template",
                {{"service", entry_.name}, {"reason", service::reason_text(why)}});
    launch(entry_, listeners_, why == service::Reason::crashes, now);
}

bool ManagedService::child_ended(pid_t pid, int status, MonotonicTime now)
{
    auto found = std::find_if(processes_.begin(), processes_.end(),
                              [pid](const Process& p) { return p.pid == pid; });
    if (found == processes_.end()) return false;
    // Its last words may not have been read yet.
    if (found->status)
        for (const service::Received& m : found->reader.read(found->status.get()))
            if (m.report == static_cast<int32_t>(service::Report::lacking))
                take_lacking(*found, m.text);
    Process process = std::move(*found);
    processes_.erase(found);
    const bool was_told = process.lacking && WIFEXITED(status);
    bool expected = was_told || leaving_ || (process.role == Role::old && !WIFSIGNALED(status)) ||
                    (process.threaded && status == 0);
    if (!expected)
        log::error("service process ended", {{"service", entry_.name},
                                             {"pid", pid},
                                             {"how", service::describe_exit(status)},
                                             {"ready", process.role == Role::next ? 0 : 1}});
    if (process.role == Role::next) {
        drop_next();
        if (has_current()) {
            log::error("the new process did not become ready: the old one goes on",
                       {{"service", entry_.name}});
            return true;
        }
    }
    if (process.role == Role::old || leaving_ || disabled_) return true;
    if (process.role == Role::current && with_role(Role::next) != nullptr) return true;
    if (process.threaded && status == 0) {
        restart_at_ = now;
        return true;
    }
    plan_restart(status, now);
    return true;
}

void ManagedService::plan_restart(int status, MonotonicTime now)
{
    Milliseconds pause{0};
    if (WIFEXITED(status) && WEXITSTATUS(status) == log::kExTempFail) {
        pause = Milliseconds(500) * (1U << std::min(temporary_failures_, 5U));
        temporary_failures_++;
    } else {
        if (WIFEXITED(status) && WEXITSTATUS(status) == log::kExConfig && !entry_.babysit) {
            disable(lacking_.empty() ? "its configuration is wrong" : "it needs TLS");
            return;
        }
        if (deaths_.record(now) && !entry_.babysit) {
            disable(cat(kDeathLimit, " deaths in ", kDeathWindow.count(), " s"));
            return;
        }
        unsigned recent = deaths_.recent(now);
        if (recent > 1) pause = Milliseconds(100) * (1U << std::min(recent - 1, 7U));
    }
    restart_at_ = now + std::min(pause, kLongestPause);
}

void ManagedService::disable(std::string_view why)
{
    log::error("service disabled until SIGHUP", {{"service", entry_.name}, {"reason", why}});
    disabled_ = true;
    bound_ = false;
    restart_at_.reset();
    close_listeners(listeners_);
}

void ManagedService::close_listeners(std::vector<Fd>& listeners)
{
    for (const Fd& listener : listeners) service::stop_listening(listener);
    listeners.clear();
}

void ManagedService::drop_next()
{
    pending_entry_.reset();
    close_listeners(pending_listeners_);
}

Deadline ManagedService::due() const
{
    Deadline due = restart_at_ ? Deadline::at(*restart_at_) : Deadline::never();
    for (const Process& p : processes_)
        if (auto limit = start_limit(p)) due = due.min(Deadline::at(*limit));
    return due;
}

// When it must be ready; none if it is, or if there is no hurry.
std::optional<MonotonicTime> ManagedService::start_limit(const Process& process) const
{
    if (process.role != Role::next || process.killed || !has_current()) return std::nullopt;
    return process.started + context_.start_timeout;
}

void ManagedService::end_what_hangs(MonotonicTime now)
{
    for (Process& p : processes_) {
        auto limit = start_limit(p);
        if (!limit || now < *limit) continue;
        log::error("the new process is not ready in time",
                   {{"service", entry_.name},
                    {"pid", p.pid},
                    {"seconds", context_.start_timeout.count()}});
        ::kill(p.pid, SIGKILL);
        p.killed = true;
    }
}

void ManagedService::tick(MonotonicTime now)
{
    end_what_hangs(now);
    if (!restart_at_ || now < *restart_at_) return;
    restart_at_.reset();
    if (!leaving_ && !disabled_ && !has_current() && with_role(Role::next) == nullptr) start(now);
}

void ManagedService::reload_threaded(Process& current, bool same)
{
    // Another command or address: it ends, and is started anew with the new ones.
    ::kill(current.pid, same ? SIGHUP : SIGTERM);
}

// A next process that is not ready yet is given up. New addresses are bound first: where that fails
// the old ones stay. A service without a process is started; one with threads takes the new
// configuration itself or ends and is started anew; of a template a successor is launched, and
// entry and listeners change when that says that it is ready.
void ManagedService::reload(ServiceEntry entry, MonotonicTime now)
{
    deaths_.clear();
    temporary_failures_ = 0;
    bool same_listen = entry.listen == entry_.listen && entry.proto == entry_.proto;
    bool same_command = entry.argv == entry_.argv;
    if (Process* unfinished = with_role(Role::next)) {
        unfinished->role = Role::old;
        ::kill(unfinished->pid, SIGTERM);
        drop_next();
    }
    std::vector<Fd> bound;
    if (!same_listen || !bound_) {
        auto made = bind_entry(entry, context_);
        if (!made) {
            log::error("service keeps its old address",
                       {{"service", entry.name}, {"reason", made.error()}});
            if (!bound_) return;
        } else {
            bound = *std::move(made);
        }
    }
    bool rebound = !bound.empty();
    if (!rebound) {
        entry.listen = entry_.listen;
        entry.proto = entry_.proto;
    }
    disabled_ = false;
    bound_ = true;
    Process* current = with_role(Role::current);
    if (current == nullptr || current->threaded) {
        entry_ = std::move(entry);
        if (rebound) {
            close_listeners(listeners_);
            listeners_ = std::move(bound);
        }
        restart_at_.reset();
        if (current == nullptr)
            start(now);
        else
            reload_threaded(*current, same_command && !rebound);
        return;
    }
    pending_entry_ = std::move(entry);
    pending_listeners_ = std::move(bound);
    launch(*pending_entry_, rebound ? pending_listeners_ : listeners_, false, now);
}

void ManagedService::retire()
{
    leaving_ = true;
    restart_at_.reset();
    close_listeners(listeners_);
    drop_next();
    for (const Process& p : processes_)
        ::kill(p.pid, p.threaded || p.role == Role::next ? SIGTERM : SIGHUP);
}

void ManagedService::terminate()
{
    leaving_ = true;
    restart_at_.reset();
    for (const Process& p : processes_) ::kill(p.pid, SIGTERM);
}

}  // namespace rookery::master
