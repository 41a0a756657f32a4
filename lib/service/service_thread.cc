// Signals as a thread.
#include "lib/service/service_thread.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/service/inherited.h"
#include "lib/service/service_setup.h"
#include "lib/service/status_pipe.h"

namespace rookery::service {
namespace {

sigset_t handled_signals()
{
    sigset_t set;
    sigemptyset(&set);
    for (int number : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCHLD, SIGUSR1}) sigaddset(&set, number);
    return set;
}

// Two threads beside the service's own: one takes the signals, one looks whether master is still
// there. They use the service, so they end before it does.
class Watchers {
 public:
    explicit Watchers(ThreadedService& service) : service_(service) {}
    Watchers(const Watchers&) = delete;
    Watchers& operator=(const Watchers&) = delete;

    Status start()
    {
        TRY_ASSIGN(end_, make_pipe());
        if (::pthread_create(&signals_, nullptr, run_signals, this) != 0 ||
            ::pthread_create(&master_, nullptr, run_master, this) != 0)
            return Error{Code::io, "no thread"};
        return success();
    }

    void stop()
    {
        ending_ = true;
        end_.write_end.reset();
        ::pthread_kill(signals_, SIGUSR1);
        ::pthread_join(signals_, nullptr);
        ::pthread_join(master_, nullptr);
    }

 private:
    static void* run_signals(void* self)
    {
        static_cast<Watchers*>(self)->wait_for_signals();
        return nullptr;
    }
    static void* run_master(void* self)
    {
        static_cast<Watchers*>(self)->wait_for_master();
        return nullptr;
    }

    void wait_for_signals()
    {
        sigset_t set = handled_signals();
        while (!ending_) {
            int number = 0;
            if (::sigwait(&set, &number) != 0) continue;
            if (number == SIGHUP) service_.hangup();
            if (number == SIGTERM || number == SIGINT || number == SIGQUIT) service_.terminate();
        }
    }

    // master never writes to descriptor 3: readable means that it is gone.
    void wait_for_master()
    {
        pollfd fds[2] = {{kStatusFd, POLLIN, 0}, {end_.read_end.get(), POLLIN, 0}};
        while (::poll(fds, 2, -1) < 0 && errno == EINTR) continue;
        if (fds[1].revents != 0) return;
        log::warning("master is gone");
        service_.terminate();
    }

    ThreadedService& service_;
    std::atomic<bool> ending_{false};
    Pipe end_;
    pthread_t signals_{};
    pthread_t master_{};
};

// master starts it again, later, or soon and not for ever, or not until SIGHUP.
int exit_code_of(Code code)
{
    if (code == Code::busy) return log::kExTempFail;
    // What another start cannot help.
    const bool is_lasting =
        code == Code::config || code == Code::corrupt || code == Code::unsupported;
    return is_lasting ? log::kExConfig : log::kExOsErr;
}

}  // namespace

Status ThreadedService::option(char letter, std::string_view)
{
    return Error{Code::config, cat("there is no option -", letter)};
}

int threaded_main(int argc, char** argv, ThreadedService& service)
{
    Setup setup = read_arguments(
        argc, argv, service.options(),
        [&](char letter, std::string_view argument) { return service.option(letter, argument); });
    config::Config config = load_config(setup);
    auto inherited = take_inherited();
    if (setup.stdio || !inherited || inherited->is_worker())
        log::fatal(log::kExUsage, cat(setup.ident, " is started by master, with prefork=1"));
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, nullptr);
    sigset_t set = handled_signals();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    Status prepared = service.prepare(config);
    tell_what_is_lacking(service.lacking(), *inherited, prepared.ok());
    if (!prepared) log::fatal(exit_code_of(prepared.error().code), prepared.error().text);
    Watchers watchers(service);
    if (auto started = watchers.start(); !started) log::fatal(log::kExOsErr, started.error().text);
    int code = service.run(inherited->listeners, inherited->service, [&] {
        (void)send_message(inherited->status.get(), Report::ready_threaded);
    });
    watchers.stop();
    return code;
}

}  // namespace rookery::service
