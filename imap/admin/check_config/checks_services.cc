// cyrus.conf: services, one by one and beside each other.
#include <algorithm>

#include "imap/admin/check_config/checks.h"
#include "imap/admin/check_config/lines.h"
#include "imap/admin/check_config/program_options.h"
#include "lib/base/command_line.h"
#include "lib/base/strings.h"
#include "lib/net/dial.h"

namespace rookery::admin::check_config {
namespace {

using std::string_view;

// Whoever says nothing else takes all addresses.
bool is_any(string_view host)
{
    return host.empty() || host == "*" || host == "0.0.0.0" || host == "::";
}

bool is_loopback(string_view host)
{
    return host == "localhost" || host.starts_with("127.") || host == "::1";
}

bool share_a_family(string_view a, string_view b)
{
    return a == b || a == "tcp" || b == "tcp";
}

unsigned port_of(const Service& service)
{
    auto port = net::service_port(service.target.port);
    return port ? *port : 0;
}

bool clash(const Service& a, const Service& b)
{
    if (a.target.is_unix != b.target.is_unix) return false;
    if (a.target.is_unix) return a.target.path == b.target.path;
    return port_of(a) == port_of(b) && port_of(a) != 0 &&
           share_a_family(a.entry.proto, b.entry.proto) &&
           (is_any(a.target.host) || is_any(b.target.host) ||
            equal_nocase(a.target.host, b.target.host));
}

std::string entry_of(const Service& service)
{
    std::string cmd;
    for (const std::string& word : service.entry.argv) cat_to(cmd, cmd.empty() ? "" : " ", word);
    return cat(service.entry.name, " cmd=\"", cmd, "\" listen=\"", service.entry.listen, '"');
}

// What to write for a program that is not there.
std::string program_advice(const master::Argv& argv)
{
    const string_view path = argv.front();
    const string_view name = path.substr(path.rfind('/') + 1);
    const string_view near = nearest_program(name);
    if (near.empty()) return "the name of a program that is there";
    if (near == path) return "# in front of the line: the program is not installed";
    std::string cmd = cat("cmd=\"", near);
    for (size_t i = 1; i < argv.size(); ++i) cat_to(cmd, ' ', argv[i]);
    return cat(cmd, near == name ? "\", without a folder" : "\"");
}

void check_program(const Server& server, const master::Argv& argv, unsigned line,
                   Findings& findings)
{
    auto found = server.programs.find(argv.front());
    if (!found)
        findings.push_back(
            {Severity::error, {server.cyrus_conf, line}, found.error().text, program_advice(argv)});
}

// Only a program of ours knows the question, and does nothing but answer it.
void check_options_of(const Server& server, const std::string& name, const master::Argv& argv,
                      unsigned line, Findings& findings)
{
    const std::string program(bare_name(argv.front()));
    const auto path = server.programs.find(argv.front());
    const auto own = server.programs.find(program);
    if (!is_our_program(program) || !path || !own || *path != *own) return;
    const auto refused = refused_options(*path, argv);
    if (!refused) return;
    findings.push_back({Severity::error,
                        {server.cyrus_conf, line},
                        cat(name, ": ", refused->reason),
                        refused->usage});
}

template <class Entries>
void check_options_of_all(const Server& server, const Entries& entries, Findings& findings)
{
    for (const auto& e : entries) check_options_of(server, e.name, e.argv, e.line, findings);
}

// What begins with TLS, by its port.
bool is_tls_port(unsigned port)
{
    return port == 993 || port == 995 || port == 563;
}

// Of the service on this port the one that begins with TLS.
std::string_view name_of_tls_port(unsigned port)
{
    if (port == 143) return "imaps";
    if (port == 110) return "pop3s";
    return port == 119 ? "nntps" : "";
}

}  // namespace

void check_programs(const Server& server, Findings& findings)
{
    if (!server.conf) return;
    const master::Conf& conf = *server.conf;
    for (const auto& e : conf.start) check_program(server, e.argv, e.line, findings);
    for (const auto& e : conf.services) check_program(server, e.argv, e.line, findings);
    for (const auto& e : conf.events) check_program(server, e.argv, e.line, findings);
    for (const auto& e : conf.daemons) check_program(server, e.argv, e.line, findings);
}

void check_program_options(const Server& server, Findings& findings)
{
    if (!server.conf) return;
    check_options_of_all(server, server.conf->start, findings);
    check_options_of_all(server, server.conf->services, findings);
    check_options_of_all(server, server.conf->events, findings);
    check_options_of_all(server, server.conf->daemons, findings);
}

void check_ports(const Server& server, Findings& findings)
{
    for (const Service& service : server.services) {
        if (!service.target.port.empty() && port_of(service) == 0)
            findings.push_back({Severity::error, server.of(service),
                                cat(service.entry.name, ": there is no port ", service.target.port,
                                    " in services(5)"),
                                "listen= with the number of the port"});
        for (const Service& other : server.services) {
            if (&other == &service) break;
            if (!clash(other, service)) continue;
            findings.push_back(
                {Severity::error, server.of(service),
                 cat(service.entry.name, " and ", other.entry.name, " (line ", other.entry.line,
                     ") listen on one address, ", service.entry.listen),
                 cat("another listen= for one of them")});
            break;
        }
    }
}

// Where one address can take all processes of a service.
void check_login_limit(const Server& server, const Service& service, Findings& findings)
{
    constexpr string_view kOption = "login_connections_per_host";
    const unsigned most = service.entry.max_children;
    const config::Config config = server.as(service.entry.name);
    const int64_t limit = config.login_connections_per_host();
    if (most == 0 || !config.is_set(kOption) || limit < most) return;
    const std::string own = cat(to_lower(service.entry.name), '_', kOption);
    const std::string option = server.config->is_set(own) ? own : std::string(kOption);
    findings.push_back({Severity::warning, server.of(option),
                        cat(option, ": ", limit, " connections from one address are all of the ",
                            most, " processes that ", service.entry.name, " may have (maxchild)"),
                        cat(option, ": well below ", most)});
}

void check_numbers(const Server& server, Findings& findings)
{
    for (const Service& service : server.services) {
        const master::ServiceEntry& e = service.entry;
        if (service.program == "mupdate" && e.prefork == 0)
            findings.push_back({Severity::error, server.of(service),
                                cat(e.name, ": without prefork mupdate runs only once somebody "
                                            "asks it, and the list is not kept until then"),
                                cat(entry_of(service), " prefork=1")});
        if (e.max_children > 0 && e.prefork > e.max_children)
            findings.push_back(
                {Severity::error, server.of(service),
                 cat(e.name, ": prefork=", e.prefork, " is more than maxchild=", e.max_children),
                 cat("maxchild=", e.prefork, " or more")});
        if (server.config) check_login_limit(server, service, findings);
    }
}

void check_service_tls(const Server& server, Findings& findings)
{
    for (const Service& service : server.services) {
        const bool has_users = service.program == "imapd" || service.program == "proxyd" ||
                               service.program == "pop3d" || service.program == "nntpd";
        if (!has_users) continue;
        const bool tls = service.has_option("-s");
        const std::string& name = service.entry.name;
        const config::Config config = server.as(name);
        if (tls && config.tls_server_cert().empty())
            findings.push_back({Severity::error, server.of(service),
                                cat(name, ": ", service.program,
                                    " -s needs a certificate, and tls_server_cert is not set"),
                                "tls_server_cert: FILE and tls_server_key: FILE in imapd.conf"});
        if (service.target.is_unix || tls == is_tls_port(port_of(service))) continue;
        if (!tls)
            findings.push_back({Severity::error, server.of(service),
                                cat(name, ": port ", port_of(service),
                                    " begins with TLS, and without -s this one does not"),
                                service.command_of(service.program, "-s")});
        else if (const std::string_view own = name_of_tls_port(port_of(service)); !own.empty())
            findings.push_back(
                {Severity::error, server.of(service),
                 cat(name, ": -s begins with TLS, which nobody does on port ", port_of(service)),
                 cat("cmd=\"", service.program, "\", or listen=\"", own, '"')});
    }
}

void check_lmtp_sockets(const Server& server, Findings& findings)
{
    const Service* on_socket = nullptr;
    for (const Service& service : server.services) {
        if (service.program != "lmtpd" && service.program != "lmtpproxyd") continue;
        if (service.target.is_unix) {
            if (on_socket == nullptr || service.target.path == server.config->lmtpsocket())
                on_socket = &service;
        } else if (service.has_option("-a") && !is_loopback(service.target.host) &&
                   is_any(service.target.host)) {
            findings.push_back(
                {Severity::warning, server.of(service),
                 cat(service.entry.name, ": with -a whoever can reach this port brings mail as an "
                                         "administrator"),
                 cat("listen=\"localhost:", service.target.port, "\", or cmd=\"", service.program,
                     "\" without -a")});
        }
    }
    if (on_socket != nullptr && on_socket->target.path != server.config->lmtpsocket())
        findings.push_back(
            {Severity::error,
             server.config->is_set("lmtpsocket") ? server.of("lmtpsocket") : server.of(*on_socket),
             cat("deliver(8) goes to lmtpsocket, ", server.config->lmtpsocket(), ", and ",
                 on_socket->entry.name, " listens on ", on_socket->target.path),
             cat("lmtpsocket: ", on_socket->target.path)});
}

}  // namespace rookery::admin::check_config
