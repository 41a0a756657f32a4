// The loop of the template: reports, children, listeners only when nobody is free to accept.
#include "lib/service/template.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/listen.h"
#include "lib/service/reaper.h"

namespace rookery::service {
namespace {

constexpr unsigned kMaxForks = 10'000;
constexpr Seconds kMaxAge{3600};
constexpr unsigned kCrashLimit = 3;
constexpr unsigned kFailureLimit = 5;
constexpr Seconds kWindow{10};
constexpr Seconds kSlowTime{10};
constexpr Seconds kLookInterval{1};
constexpr Seconds kAskAgain{60};

}  // namespace

bool is_single_threaded()
{
    DIR* tasks = ::opendir("/proc/self/task");
    if (tasks == nullptr) return true;
    int count = 0;
    while (const dirent* entry = ::readdir(tasks))
        if (entry->d_name[0] != '.') count++;
    ::closedir(tasks);
    return count <= 1;
}

Template::Template(Inherited& inherited, Scoreboard* board, FileWatch watch, WorkerMain worker_main)
    : in_(inherited),
      board_(board),
      worker_main_(std::move(worker_main)),
      watch_(std::move(watch)),
      rate_(inherited.fork_rate),
      crashes_(kCrashLimit, kWindow),
      failures_(kFailureLimit, kWindow),
      started_at_(monotonic_now()),
      next_look_(started_at_)
{
    if (in_.slow) go_slow(started_at_);
}

Status Template::open_pipes()
{
    TRY_ASSIGN(Pipe life, make_pipe());
    TRY_ASSIGN(Pipe report, make_pipe());
    life_read_ = std::move(life.read_end);
    life_write_ = std::move(life.write_end);
    report_read_ = std::move(report.read_end);
    report_write_ = std::move(report.write_end);
    TRY(set_nonblocking(report_read_.get(), true));
    return set_nonblocking(in_.status.get(), true);
}

int Template::run()
{
    if (!is_single_threaded()) {
        log::error("a thread exists before the first fork", {{"service", in_.service}});
        return log::kExSoftware;
    }
    Status opened = open_pipes();
    if (!opened) {
        log::error("template cannot start", {{"reason", opened.error()}});
        return log::kExOsErr;
    }
    signals::install();
    for (;;) {
        MonotonicTime now = monotonic_now();
        if (now >= next_look_) look_around(now);
        if (state_ != State::ending) fork_what_is_needed(now);
        if (state_ == State::ending && children_.empty()) return exit_code_;
        wait_for_something();
    }
}

unsigned Template::spare() const
{
    unsigned n = 0;
    for (const auto& [pid, child] : children_)
        if (!child.busy) n++;
    return n;
}

bool Template::may_fork(MonotonicTime now)
{
    if (now < fork_after_) return false;
    if (in_.max_children != 0 && children_.size() + others_ >= in_.max_children) return false;
    if (slow_ && now > slow_until_) slow_.reset();
    if (slow_ && !slow_->take(now)) {
        fork_after_ = now + slow_->wait(now);
        return false;
    }
    if (!rate_.take(now)) {
        fork_after_ = now + rate_.wait(now);
        return false;
    }
    return true;
}

void Template::fork_what_is_needed(MonotonicTime now)
{
    // One worker first; the rest once it has shown that a worker can start.
    if (state_ == State::starting) {
        if (!children_.empty() || now < fork_after_) return;
        bool full = in_.max_children != 0 && others_ >= in_.max_children;
        if (full) {
            // The old template's workers fill maxchild. They end only after we have said ready.
            state_ = State::serving;
            (void)send_message(in_.status.get(), Report::ready);
            return;
        }
        fork_worker();
        return;
    }
    while (spare() < in_.prefork && may_fork(now)) fork_worker();
    if (someone_waits_ && spare() == 0 && may_fork(now)) fork_worker();
    someone_waits_ = false;
}

void Template::fork_worker()
{
    pid_t pid = ::fork();
    if (pid < 0) {
        log::error("fork", {{"service", in_.service}, {"reason", errno_error("fork")}});
        fork_after_ = monotonic_now() + Seconds(1);
        return;
    }
    if (pid > 0) {
        children_.emplace(pid, Child{});
        forks_++;
        return;
    }
    life_write_.reset();
    report_read_.reset();
    in_.status.reset();
    signals::take();
    ::_exit(worker_main_(std::move(life_read_), std::move(report_write_)));
}

Deadline Template::next_deadline() const
{
    Deadline next = Deadline::at(next_look_);
    if (fork_after_ > monotonic_now()) next = next.min(Deadline::at(fork_after_));
    return next;
}

void Template::wait_for_something()
{
    std::vector<pollfd> fds;
    fds.push_back({report_read_.get(), POLLIN, 0});
    fds.push_back({in_.status ? in_.status.get() : -1, POLLIN, 0});
    bool watch_listeners = state_ == State::serving && spare() == 0 &&
                           monotonic_now() >= fork_after_ &&
                           (in_.max_children == 0 || children_.size() + others_ < in_.max_children);
    if (watch_listeners)
        for (const Fd& listener : in_.listeners) fds.push_back({listener.get(), POLLIN, 0});
    auto ready = signals::poll_fds(fds, next_deadline());
    if (!ready) log::error("template cannot poll", {{"reason", ready.error()}});
    signals::Pending pending = signals::take();
    if (fds[0].revents != 0) take_reports();
    if (fds[1].revents != 0) {
        char buf[64];
        ssize_t n = ::read(in_.status.get(), buf, sizeof buf);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            log::warning("master is gone", {{"service", in_.service}});
            for (const Fd& listener : in_.listeners) stop_listening(listener);
            begin_to_end(false);
            in_.status.reset();
        }
    }
    for (size_t i = 2; i < fds.size(); i++)
        if ((fds[i].revents & POLLIN) != 0) someone_waits_ = true;
    if (pending.child) reap();
    if (pending.terminate) begin_to_end(true);
    if (pending.hangup) begin_to_end(false);
}

void Template::take_reports()
{
    for (const Message& message : reports_.read(report_read_.get())) {
        auto found = children_.find(static_cast<pid_t>(message.value));
        if (found == children_.end()) continue;
        found->second.started = true;
        found->second.busy = message.report == static_cast<int32_t>(Report::busy);
        if (state_ == State::starting) {
            state_ = State::serving;
            (void)send_message(in_.status.get(), Report::ready);
        }
    }
}

void Template::reap()
{
    take_reports();
    int status = 0;
    for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0;
         pid = ::waitpid(-1, &status, WNOHANG)) {
        auto found = children_.find(pid);
        if (found == children_.end()) continue;
        Child child = found->second;
        children_.erase(found);
        child_ended(pid, child, status);
    }
}

void Template::child_ended(pid_t pid, const Child& child, int status)
{
    MonotonicTime now = monotonic_now();
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM) {
        log::error("worker died",
                   {{"service", in_.service}, {"pid", pid}, {"how", describe_exit(status)}});
        if (crashes_.record(now) && state_ == State::serving) {
            ask_for_successor(Reason::crashes);
            go_slow(now);
            crashes_.clear();
        }
    }
    if (child.started && WIFEXITED(status) && WEXITSTATUS(status) != 0)
        log::error("worker failed",
                   {{"service", in_.service}, {"pid", pid}, {"how", describe_exit(status)}});
    if (child.started || state_ == State::ending) return;
    // It never came to accept a client.
    if (state_ == State::starting) {
        log::error("the first worker could not start",
                   {{"service", in_.service}, {"how", describe_exit(status)}});
        exit_code_ = log::kExTempFail;
        begin_to_end(false);
        return;
    }
    fork_after_ = now + Seconds(1);
    if (failures_.record(now)) {
        log::error("workers cannot start", {{"service", in_.service}});
        exit_code_ = log::kExTempFail;
        begin_to_end(false);
    }
}

// Once a second: workers of other templates, files, age.
void Template::look_around(MonotonicTime now)
{
    next_look_ = now + kLookInterval;
    if (in_.max_children != 0 && board_ != nullptr && state_ != State::ending) {
        unsigned all = board_->count(in_.service);
        unsigned mine = static_cast<unsigned>(children_.size());
        others_ = all > mine ? all - mine : 0;
    }
    if (state_ != State::serving) return;
    if (watch_.changed(now)) ask_for_successor(Reason::files);
    bool old = now - started_at_ >= kMaxAge;
    bool worn = forks_ >= kMaxForks;
    if ((old || worn) && now - asked_at_ > kAskAgain)
        ask_for_successor(old ? Reason::age : Reason::forks);
}

void Template::ask_for_successor(Reason reason)
{
    asked_at_ = monotonic_now();
    (void)send_message(in_.status.get(), Report::replace, static_cast<int32_t>(reason));
}

// After crashes: one fork a second for a while, so that guessing at addresses takes for ever.
void Template::go_slow(MonotonicTime now)
{
    slow_.emplace(1);
    slow_until_ = now + kSlowTime;
}

void Template::begin_to_end(bool terminate)
{
    if (terminate)
        for (const auto& [pid, child] : children_) ::kill(pid, SIGTERM);
    if (state_ == State::ending) return;
    state_ = State::ending;
    life_write_.reset();
}

}  // namespace rookery::service
