// The table of options.
#include "config.h"

#include "master/master_options.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/command_line.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"

namespace rookery::master {
namespace {

constexpr Option kOptions[] = {
    {'C', "", "imapd.conf", "read this configuration, and give it to what is started"},
    {'M', "", "cyrus.conf", "the services, not those of the standard file"},
    {'l', "", "backlog", "connections that may wait at a service"},
    {'p', "", "pidfile", "write the process here, and keep it locked"},
    {'r', "", "readyfile", "made when all services listen"},
    {'L', "", "logfile", "where standard output and error go"},
    {'j', "", "sweeps", ""},
    {'d', "", "", "go into the background"},
    {'D', "", "", "keep the terminal's standard output and error"},
    {'t', "", "", "start nothing: say what is wrong with both files"},
    {'v', "", "", "log more"},
    {'V', "", "", "as --version, for old scripts"},
};
constexpr Program kProgram = {"master", "starts and keeps the servers of cyrus.conf", kOptions, ""};

unsigned number(const CommandLine& line, std::string_view option, unsigned otherwise)
{
    const auto text = line.given(option);
    if (!text) return otherwise;
    const auto n = to_number<unsigned>(*text, 1'000'000);
    if (!n) line.refuse(cat("-", option, ' ', *text, ": ", n.error().text));
    return *n;
}

// With -d master leaves its directory.
void make_absolute(std::string& path)
{
    if (path.empty() || path.front() == '/') return;
    char* here = ::getcwd(nullptr, 0);
    if (here != nullptr) path = cat(here, '/', path);
    ::free(here);
}

}  // namespace

MasterOptions parse_master_options(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    if (line.has("V")) {
        (void)write_all(STDOUT_FILENO, "rookery " PACKAGE_VERSION "\n");
        ::exit(0);
    }
    MasterOptions o;
    o.imapd_conf = line.value("C", config::default_path());
    o.cyrus_conf = line.value("M", ROOKERY_SYSCONFDIR "/cyrus.conf");
    o.backlog = static_cast<int>(number(line, "l", static_cast<unsigned>(o.backlog)));
    o.pid_file = line.value("p", o.pid_file);
    o.ready_file = line.value("r", o.ready_file);
    o.log_file = line.value("L", o.log_file);
    o.daemonise = line.has("d");
    o.only_check = line.has("t");
    o.verbose = static_cast<unsigned>(line.count("v"));
    number(line, "j", 0);
    if (o.daemonise && line.has("D")) line.refuse("-d and -D exclude each other");
    for (std::string* path :
         {&o.imapd_conf, &o.cyrus_conf, &o.pid_file, &o.ready_file, &o.log_file})
        make_absolute(*path);
    return o;
}

}  // namespace rookery::master
