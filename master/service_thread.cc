// Signals as a thread.
#include "master/service_thread.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "master/inherited.h"
#include "master/service_setup.h"
#include "master/status_pipe.h"

namespace rookery::master {
namespace {

sigset_t handled_signals()
{
    sigset_t set;
    sigemptyset(&set);
    for (int number : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCHLD, SIGUSR1}) sigaddset(&set, number);
    return set;
}

void* wait_for_signals(void* argument)
{
    auto* service = static_cast<ThreadedService*>(argument);
    sigset_t set = handled_signals();
    for (;;) {
        int number = 0;
        if (::sigwait(&set, &number) != 0) continue;
        if (number == SIGHUP) service->hangup();
        if (number == SIGTERM || number == SIGINT || number == SIGQUIT) service->terminate();
    }
}

// master never writes to descriptor 3: readable means that it is gone.
void* wait_for_master(void* argument)
{
    auto* service = static_cast<ThreadedService*>(argument);
    pollfd status{kStatusFd, POLLIN, 0};
    while (::poll(&status, 1, -1) < 0 && errno == EINTR) continue;
    log::warning("master is gone");
    service->terminate();
    return nullptr;
}

bool start_thread(void* (*main)(void*), ThreadedService& service)
{
    pthread_t thread;
    if (::pthread_create(&thread, nullptr, main, &service) != 0) return false;
    return ::pthread_detach(thread) == 0;
}

}  // namespace

Status ThreadedService::option(char letter, std::string_view)
{
    return Error{Code::config, cat("there is no option -", letter)};
}

int threaded_main(int argc, char** argv, ThreadedService& service)
{
    Setup setup = read_arguments(
        argc, argv, service.extra_options(),
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
    if (!prepared)
        log::fatal(prepared.is(Code::busy) ? log::kExTempFail : log::kExConfig,
                   prepared.error().text);
    if (!start_thread(wait_for_signals, service) || !start_thread(wait_for_master, service))
        log::fatal(log::kExOsErr, "no thread");
    return service.run(inherited->listeners, inherited->service, [&] {
        (void)send_message(inherited->status.get(), Report::ready_threaded);
    });
}

}  // namespace rookery::master
