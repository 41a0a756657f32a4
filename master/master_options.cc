// getopt.
#include "config.h"

#include "master/master_options.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"

namespace rookery::master {
namespace {

constexpr std::string_view kUsage = "usage: master [-dDtvV] [-C imapd.conf] [-M cyrus.conf] [-l "
                                    "backlog] [-p pidfile] [-r readyfile]\n"
                                    "              [-L logfile] [-j sweeps]\n";

[[noreturn]] void say_and_exit(int fd, std::string_view text, int code)
{
    (void)write_all(fd, text);
    ::exit(code);
}

unsigned number(char letter, const char* text)
{
    auto n = to_number<unsigned>(text, 1'000'000);
    if (!n)
        say_and_exit(STDERR_FILENO, cat("master: -", letter, ' ', text, ": ", n.error().text, '\n'),
                     log::kExUsage);
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
    MasterOptions o;
    o.imapd_conf = config::default_path();
    o.cyrus_conf = ROOKERY_SYSCONFDIR "/cyrus.conf";
    bool keep_stdio = false;
    for (int c = ::getopt(argc, argv, "C:M:l:p:r:j:L:dDtvV"); c != -1;
         c = ::getopt(argc, argv, "C:M:l:p:r:j:L:dDtvV")) {
        switch (c) {
            case 'C': o.imapd_conf = ::optarg; break;
            case 'M': o.cyrus_conf = ::optarg; break;
            case 'l': o.backlog = static_cast<int>(number('l', ::optarg)); break;
            case 'p': o.pid_file = ::optarg; break;
            case 'r': o.ready_file = ::optarg; break;
            case 'j': number('j', ::optarg); break;
            case 'L': o.log_file = ::optarg; break;
            case 'd': o.daemonise = true; break;
            case 'D': keep_stdio = true; break;
            case 't': o.only_check = true; break;
            case 'v': o.verbose++; break;
            case 'V': say_and_exit(STDOUT_FILENO, "rookery " PACKAGE_VERSION "\n", 0);
            default: say_and_exit(STDERR_FILENO, kUsage, log::kExUsage);
        }
    }
    if (::optind != argc) say_and_exit(STDERR_FILENO, kUsage, log::kExUsage);
    if (o.daemonise && keep_stdio)
        say_and_exit(STDERR_FILENO, "master: -d and -D exclude each other\n", log::kExUsage);
    for (std::string* path :
         {&o.imapd_conf, &o.cyrus_conf, &o.pid_file, &o.ready_file, &o.log_file})
        make_absolute(*path);
    return o;
}

}  // namespace rookery::master
