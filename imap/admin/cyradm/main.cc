// cyradm(1): the shell of a mail system's administrator.
#include "config.h"

#include <getopt.h>
#include <pwd.h>
#include <unistd.h>

#include <string>

#include "imap/admin/cyradm/line_input.h"
#include "imap/admin/cyradm/shell.h"
#include "imap/admin/password.h"
#include "imap/admin/tool.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"

namespace {

using namespace rookery;

constexpr std::string_view kUsage =
    "usage: cyradm [options] [server]\n"
    "  --user name         log in as this user\n"
    "  --authz name        act for this user\n"
    "  --password word     seen by everybody on this machine; cyradm asks without it\n"
    "  --auth mechanism    log in by this SASL mechanism\n"
    "  --server name       the server, as the last argument\n"
    "  --port port         instead of 143\n"
    "  --notls             no TLS, even where it is offered\n"
    "  --tlskey file       the client's certificate and key\n"
    "  --cafile file       certificates of the authorities: TLS must be, and the server's name\n"
    "  --cadir directory   must be right\n"
    "  --help, --version\n";

struct Arguments {
    cyradm::Access access;
    std::string server;
};

[[noreturn]] void usage()
{
    admin::complain(kUsage);
    ::_exit(log::kExUsage);
}

enum Letter {
    user = 1,
    authz,
    password,
    auth,
    server,
    port,
    notls,
    tlskey,
    cafile,
    cadir,
    ignored,
    ignored_value,
    help_text,
    version_text
};

constexpr option kOptions[] = {
    {"user", required_argument, nullptr, user},
    {"authz", required_argument, nullptr, authz},
    {"password", required_argument, nullptr, password},
    {"auth", required_argument, nullptr, auth},
    {"server", required_argument, nullptr, server},
    {"port", required_argument, nullptr, port},
    {"notls", no_argument, nullptr, notls},
    {"tlskey", required_argument, nullptr, tlskey},
    {"cafile", required_argument, nullptr, cafile},
    {"cadir", required_argument, nullptr, cadir},
    {"capath", required_argument, nullptr, cadir},
    {"rc", no_argument, nullptr, ignored},
    {"norc", no_argument, nullptr, ignored},
    {"systemrc", required_argument, nullptr, ignored_value},
    {"userrc", required_argument, nullptr, ignored_value},
    {"help", no_argument, nullptr, help_text},
    {"version", no_argument, nullptr, version_text},
    {nullptr, 0, nullptr, 0},
};

void take(Arguments& a, int letter)
{
    switch (letter) {
        case user: a.access.user = optarg; break;
        case authz: a.access.authz = optarg; break;
        case password: a.access.password = optarg; break;
        case auth: a.access.mechanism = optarg; break;
        case server: a.server = optarg; break;
        case port: a.access.port = optarg; break;
        case notls: a.access.tls = false; break;
        case tlskey: a.access.certificate_file = optarg; break;
        case cafile: a.access.ca_file = optarg; break;
        case cadir: a.access.ca_directory = optarg; break;
        case ignored:
        case ignored_value: break;
        case help_text: admin::print(kUsage); ::_exit(0);
        case version_text:
            admin::print(cat("cyradm (Rookery) ", PACKAGE_VERSION, "\n"));
            ::_exit(0);
        default: usage();
    }
}

Arguments parse(int argc, char** argv)
{
    Arguments a;
    for (int c; (c = ::getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) take(a, c);
    if (optind + 1 < argc) usage();
    if (optind < argc) a.server = argv[optind];
    if (a.access.user.empty()) {
        const passwd* who = ::getpwuid(::getuid());
        a.access.user = who != nullptr ? who->pw_name : cat(::getuid());
    }
    a.access.ask_password = [] { return admin::ask_password("Password: "); };
    return a;
}

int fail(int code, const Error& error)
{
    admin::complain(cat("cyradm: ", error.text, "\n"));
    return code;
}

}  // namespace

int main(int argc, char** argv)
{
    install_panic_handlers();
    Arguments arguments = parse(argc, argv);
    log::open("cyradm");
    const auto config = config::Config::from_text("configdirectory: /nonexistent\n", "cyradm");
    if (!config) return fail(log::kExConfig, config.error());
    if (auto ready = auth::SaslClient::init_library(*config); !ready)
        return fail(log::kExConfig, ready.error());
    const bool on_terminal = ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
    cyradm::Shell shell(*config, std::move(arguments.access));
    if (!arguments.server.empty())
        if (auto connected = shell.connect(arguments.server); !connected)
            return fail(1, connected.error());
    cyradm::LineInput input([&](std::string_view line) { return shell.completions(line); },
                            on_terminal);
    bool all_well = true;
    while (!shell.ended()) {
        const auto line = input.next(shell.prompt());
        if (!line) break;
        all_well = shell.run(*line) && all_well;
    }
    if (on_terminal) return 0;
    return all_well ? 0 : 1;
}
