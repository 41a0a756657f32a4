// master(8): the supervisor of all services.
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/daemonise.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/config/open_log.h"
#include "master/cyrus_programs.h"
#include "master/own_events.h"
#include "master/pidfile.h"
#include "master/state_directory.h"
#include "master/supervisor.h"

namespace {

using namespace rookery;
using namespace rookery::master;

// Standard error as it was at the start, for as long as somebody may be waiting there. -L sends
// descriptor 2 itself to the log file.
Fd console;

void say(std::string_view text)
{
    if (console) (void)write_all(console.get(), cat("master: ", text, '\n'));
}

[[noreturn]] void end(Daemonise& daemonise, int code, std::string_view why)
{
    log::error("master cannot start", {{"reason", why}});
    if (log::destination() != "stderr") say(why);
    daemonise.failed(code);
    ::exit(code);
}

LaunchContext make_context(const char* argv0, const MasterOptions& options,
                           const config::Config& config)
{
    LaunchContext context{ProgramPath(argv0), std::nullopt, options.backlog,
                          config.master_start_timeout()};
    if (::geteuid() != 0) return context;
    auto found = service::RunAs::of(config);
    if (!found) log::fatal(log::kExConfig, found.error().text);
    context.user = *std::move(found);
    return context;
}

// Programs that cannot be found are an error of the file, told before anything runs.
Status check_programs(const Conf& conf, const LaunchContext& context)
{
    auto check = [&](const Argv& argv, unsigned line) -> Status {
        auto found = context.programs.find(argv.front());
        if (found) return success();
        return Error{Code::config, cat(conf.path, ':', line, ": ", found.error().text)};
    };
    for (const StartEntry& e : conf.start) TRY(check(e.argv, e.line));
    for (const ServiceEntry& e : conf.services) TRY(check(e.argv, e.line));
    for (const EventEntry& e : conf.events) TRY(check(e.argv, e.line));
    for (const DaemonEntry& e : conf.daemons) TRY(check(e.argv, e.line));
    return success();
}

// The file of -L; where syslog does not answer and -d leaves no standard error, one in the state
// directory; else none.
std::string log_file(const MasterOptions& options, const config::Config& config)
{
    if (!options.log_file.empty()) return options.log_file;
    if (options.daemonise && log::destination() == "stderr")
        return cat(config.configdirectory(), "/log/rookery.log");
    return {};
}

void choose_log(const MasterOptions& options, const config::Config& config,
                const LaunchContext& context)
{
    std::string file = log_file(options, config);
    if (!file.empty()) {
        Status made = make_log_file(file, context.run_as());
        if (!made) log::fatal(log::kExConfig, cat("log file: ", made.error().text));
        ::setenv("ROOKERY_LOG", file.c_str(), 1);
        log::to_file(file);
    }
    say(cat("the log goes to ", log::destination()));
    if (!options.log_file.empty() && !send_output_to(file))
        log::fatal(log::kExConfig, cat("log file: ", file));
    if (options.verbose > 0 || ::getenv("CYRUS_VERBOSE") != nullptr) {
        log::set_level(options.verbose > 1 ? log::Level::debug : log::Level::info);
        ::setenv("CYRUS_VERBOSE", "1", 0);
    }
    if (config.debug()) log::set_level(log::Level::debug);
}

std::string pid_path(const MasterOptions& options, const config::Config& config)
{
    if (!options.pid_file.empty()) return options.pid_file;
    if (!config.master_pid_file().empty()) return config.master_pid_file();
    return ROOKERY_RUNSTATEDIR "/cyrus-master.pid";
}

// murder(8) knows what to look at. Called by our name, it looks for programs where we do.
[[noreturn]] void check_only(const char* argv0, const MasterOptions& options)
{
    const auto program = ProgramPath(argv0).find("murder");
    if (!program) log::fatal(log::kExUnavailable, program.error().text);
    ::execl(program->c_str(), argv0, "-C", options.imapd_conf.c_str(), "-M",
            options.cyrus_conf.c_str(), "check-config", static_cast<char*>(nullptr));
    log::fatal(log::kExOsErr, errno_error(*program).text);
}

}  // namespace

// Everything that can be wrong with the configuration is found before anything lasts: both files,
// the programs, the folder. Then descriptors and process group, the pid file as the lock, START,
// the services, and the loop. As a daemon, the parent tells how far that came.
int main(int argc, char** argv)
{
    install_panic_handlers();
    MasterOptions options = parse_master_options(argc, argv);
    if (auto copy = duplicate(STDERR_FILENO)) console = *std::move(copy);
    log::open("master");
    if (options.only_check) check_only(argv[0], options);
    auto config = config::Config::load(options.imapd_conf, "master");
    if (!config) log::fatal(log::kExConfig, config.error().text);
    log::open(config::log_ident(*config, "master"), config->syslog_facility());
    auto conf = parse_conf(options.cyrus_conf);
    if (!conf) log::fatal(log::kExConfig, conf.error().text);
    LaunchContext context = make_context(argv[0], options, *config);
    leave_out_cyrus_programs(*conf, context.programs);
    add_own_events(*conf, *config, options.imapd_conf);
    Status programs = check_programs(*conf, context);
    if (!programs) log::fatal(log::kExConfig, programs.error().text);
    ::umask(077);
    Status state = make_state_directory(*config, context.run_as());
    if (!state) log::fatal(log::kExConfig, state.error().text);
    choose_log(options, *config, context);
    config::log_remarks(*config);
    for (const std::string& text : conf->warnings) log::warning(text);

    Daemonise daemonise;
    if (options.daemonise) {
        auto begun = Daemonise::begin();
        if (!begun) log::fatal(log::kExOsErr, begun.error().text);
        daemonise = *std::move(begun);
        if (::chdir("/") != 0) end(daemonise, log::kExOsErr, errno_error("/").text);
    }
    if (::getpgrp() != ::getpid()) ::setpgid(0, 0);
    auto pid_file = PidFile::lock(pid_path(options, *config));
    if (!pid_file)
        end(daemonise, pid_file.is(Code::busy) ? log::kExTempFail : log::kExOsErr,
            cat("pid file: ", pid_file.error().text));
    ::setenv("ROOKERY_IMAPD_CONF", options.imapd_conf.c_str(), 1);
    signals::install();
    Status detached = daemonise.done(options.log_file);
    if (!detached) end(daemonise, log::kExOsErr, detached.error().text);
    if (options.daemonise) console.reset();
    log::notice("started", {{"version", PACKAGE_VERSION}, {"log", log::destination()}});

    Supervisor supervisor(context, *std::move(config), options);
    Status started = supervisor.run_start(*conf);
    if (started) started = supervisor.begin(*conf);
    if (!started) {
        ::kill(0, SIGTERM);
        pid_file->clear();
        end(daemonise, started.is(Code::config) ? log::kExConfig : 1, started.error().text);
    }
    console.reset();
    int code = supervisor.loop();
    pid_file->clear();
    return code;
}
