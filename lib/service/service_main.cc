// service_main: template, worker of prefork_mode exec, or one client on standard input.
#include "lib/service/service_main.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <memory>

#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/inherited.h"
#include "lib/service/process_title.h"
#include "lib/service/service_setup.h"
#include "lib/service/stdio_service.h"
#include "lib/service/template.h"
#include "lib/service/worker.h"

namespace rookery::service {
namespace {

// prefork_mode exec: the program anew, with the same listeners and the two pipes.
int exec_worker(const Inherited& in, char** argv, int life, int report)
{
    signals::restore_defaults();
    std::vector<int> kept{life, report};
    for (const Fd& listener : in.listeners) kept.push_back(listener.get());
    for (int fd : kept)
        if (!set_cloexec(fd, false)) return log::kExOsErr;
    ::setenv("ROOKERY_WORKER", cat(life, ',', report).c_str(), 1);
    ::setenv("ROOKERY_LISTENERS", cat(in.listeners.size()).c_str(), 1);
    ::setenv("ROOKERY_PREFORK", cat(in.prefork).c_str(), 1);
    ::setenv("ROOKERY_PROGRAM", in.program.c_str(), 1);
    ::execv(in.program.c_str(), argv);
    log::error("exec", {{"program", in.program}, {"reason", errno_error("exec")}});
    return log::kExOsErr;
}

// What a template was made from. Looked at before any of it is read, so that no change is missed.
FileWatch watch_sources(const config::Config& config)
{
    const char* program = ::getenv("ROOKERY_PROGRAM");
    return FileWatch({program == nullptr ? "" : program, config.tls_server_cert(),
                      config.tls_server_key(), config.tls_server_ca_file(),
                      config.tls_client_ca_file()});
}

class Daemon {
 public:
    Daemon(char** argv, Service& service, const Setup& setup, const config::Config& config,
           Inherited inherited, FileWatch watch)
        : argv_(argv),
          service_(service),
          setup_(setup),
          config_(config),
          in_(std::move(inherited)),
          watch_(std::move(watch))
    {
        auto board = Scoreboard::open(config.proc_path());
        if (board)
            board_ = std::make_unique<Scoreboard>(*std::move(board));
        else
            log::warning("no scoreboard", {{"reason", board.error()}});
        auto counters = Counters::open(config.proc_path());
        if (counters)
            counters_ = std::make_unique<Counters>(*std::move(counters));
        else
            log::warning("no counters", {{"reason", counters.error()}});
    }

    int worker(Fd life, Fd report)
    {
        bool short_lived = in_.prefork == 0;
        return run_worker({service_, in_.service, in_.listeners, std::move(life), std::move(report),
                           setup_.max_uses, setup_.timeout, short_lived, board_.get(),
                           counters_.get()});
    }

    int exec_mode_worker()
    {
        signals::install();
        return worker(std::move(in_.life), std::move(in_.report));
    }

    int templ()
    {
        bool by_exec = config_.prefork_mode() == config::PreforkMode::exec;
        if (!by_exec) service_.warm_up();
        Template t(in_, board_.get(), std::move(watch_), [&](Fd life, Fd report) {
            if (by_exec) return exec_worker(in_, argv_, life.get(), report.get());
            return worker(std::move(life), std::move(report));
        });
        return t.run();
    }

 private:
    char** argv_;
    Service& service_;
    const Setup& setup_;
    const config::Config& config_;
    Inherited in_;
    FileWatch watch_;
    std::unique_ptr<Scoreboard> board_;
    std::unique_ptr<Counters> counters_;
};

}  // namespace

int service_main(int argc, char** argv, Service& service)
{
    argv = process_title::init(argc, argv);
    Setup setup = read_arguments(
        argc, argv, service.options(),
        [&](char letter, std::string_view argument) { return service.option(letter, argument); });
    config::Config config = load_config(setup);
    FileWatch watch = watch_sources(config);
    Status prepared = service.prepare(config);
    auto inherited = take_inherited();
    if (inherited) tell_what_is_lacking(service.lacking(), *inherited, prepared.ok());
    if (!prepared) log::fatal(log::kExConfig, prepared.error().text);
    if (setup.stdio) {
        if (!service.lacking().empty())
            log::error("TLS is not offered", {{"reason", service.lacking()}});
        signals::install();
        return serve_stdio(service, setup.ident);
    }
    if (!inherited)
        log::fatal(log::kExUsage, cat(setup.ident, " is started by master; -X serves one client on "
                                                   "standard input and output"));
    bool is_worker = inherited->is_worker();
    Daemon daemon(argv, service, setup, config, *std::move(inherited), std::move(watch));
    return is_worker ? daemon.exec_mode_worker() : daemon.templ();
}

}  // namespace rookery::service
