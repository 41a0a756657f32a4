// cyradm(1): the shell of a mail system's administrator.
#include "config.h"

#include <pwd.h>
#include <unistd.h>

#include <string>

#include "imap/admin/cyradm/line_input.h"
#include "imap/admin/cyradm/shell.h"
#include "imap/admin/password.h"
#include "imap/admin/tool.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/command_line.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"

namespace {

using namespace rookery;

constexpr Option kOptions[] = {
    {0, "user", "name", "log in as this user"},
    {0, "authz", "name", "act for this user"},
    {0, "password", "word", "seen by everybody on this machine; asked for without it"},
    {0, "auth", "mechanism", "log in by this SASL mechanism"},
    {0, "server", "name", "the server, as the operand"},
    {0, "port", "port", "instead of 143"},
    {0, "notls", "", "no TLS, even where it is offered"},
    {0, "tlskey", "file", "the client's certificate and key"},
    {0, "cafile", "file", "authorities: TLS must be, and the server's name be right"},
    {0, "cadir", "directory", "as --cafile, a file for each"},
    {0, "capath", "directory", ""},
    {0, "rc", "", ""},
    {0, "norc", "", ""},
    {0, "systemrc", "file", ""},
    {0, "userrc", "file", ""},
};
constexpr Program kProgram = {"cyradm", "administers mailboxes over IMAP", kOptions, "[server]", 0,
                              1};

struct Arguments {
    cyradm::Access access;
    std::string server;
};

Arguments parse(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    Arguments a;
    a.access.user = line.value("user", a.access.user);
    a.access.authz = line.value("authz", a.access.authz);
    a.access.password = line.given("password");
    a.access.mechanism = line.value("auth", a.access.mechanism);
    a.server = line.value("server", line.operands().empty() ? "" : line.operands().front());
    a.access.port = line.value("port", a.access.port);
    a.access.tls = !line.has("notls");
    a.access.certificate_file = line.value("tlskey", a.access.certificate_file);
    a.access.ca_file = line.value("cafile", a.access.ca_file);
    a.access.ca_directory = line.value("cadir", line.value("capath", a.access.ca_directory));
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
