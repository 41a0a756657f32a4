// What the server is in its murder, and who it is for the others.
#include <algorithm>

#include "imap/admin/check_config/checks.h"
#include "lib/auth/sasl_server.h"
#include "lib/base/strings.h"
#include "lib/net/dial.h"

namespace rookery::admin::check_config {
namespace {

using std::string_view;
using Names = std::vector<std::string>;

constexpr Severity kError = Severity::error;
constexpr Severity kWarning = Severity::warning;

std::string join(const Names& names)
{
    std::string out;
    for (const std::string& name : names) cat_to(out, out.empty() ? "" : " ", name);
    return out;
}

bool contains(const Names& names, string_view name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_group(const Names& names)
{
    return std::any_of(names.begin(), names.end(),
                       [](const std::string& name) { return name.starts_with("group:"); });
}

const Service* service_of(const Server& server, string_view program)
{
    for (const Service& service : server.services)
        if (service.program == program) return &service;
    return nullptr;
}

const Service* mupdate_of(const Server& server, bool master)
{
    for (const Service& service : server.services)
        if (service.program == "mupdate" && service.has_option("-m") == master) return &service;
    return nullptr;
}

// The administrators that a service has, as its own line or that of all says.
Names admins_of(const Server& server, const Service* service)
{
    return service == nullptr ? server.config->admins() : server.as(service->entry.name).admins();
}

// imapd on a frontend, proxyd on a unified server.
void check_program_of_role(const Server& server, string_view wrong, string_view right,
                           string_view why, Findings& findings)
{
    for (const Service& service : server.services)
        if (service.program == wrong)
            findings.push_back({kError, server.of(service),
                                cat(service.entry.name, ": ", wrong, ' ', why),
                                service.command_of(right)});
}

void check_frontend(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    if (!config.proxyservers().empty())
        findings.push_back({kError, server.of("proxyservers"),
                            "proxyservers makes a server a backend, and this one is a frontend: "
                            "it would not follow the list of the murder",
                            "nothing: it is for the backends"});
    if (server.runs("proxyd") || server.runs("lmtpproxyd")) {
        constexpr string_view kWhy = "keeps mail, which a frontend has not";
        check_program_of_role(server, "imapd", "proxyd", kWhy, findings);
        check_program_of_role(server, "lmtpd", "lmtpproxyd", kWhy, findings);
    } else {
        constexpr string_view kWhy =
            "with a mupdate replica and without proxyservers is neither a frontend nor a backend";
        check_program_of_role(server, "imapd", "proxyd", kWhy, findings);
    }
    for (const auto& [name, path] : config.partitions())
        findings.push_back({kWarning, server.of(cat("partition-", name)),
                            cat("partition-", name, ": a frontend keeps no mail"),
                            "nothing: take the line out"});
    if (mupdate_of(server, false) == nullptr && !server.is_master)
        findings.push_back({kError, server.of("mupdate_server"),
                            "a frontend needs the list of the murder, and no service keeps it",
                            "mupdate cmd=\"mupdate\" listen=\"3905\" prefork=1 in SERVICES"});
}

void check_backend(const Server& server, Findings& findings)
{
    if (server.config->proxyservers().empty())
        findings.push_back({kError, server.of("mupdate_server"),
                            "without proxyservers no frontend may come here for its users, and "
                            "the master is told nothing",
                            "proxyservers: the proxy_authname of the frontends"});
    if (const Service* replica = mupdate_of(server, false))
        findings.push_back({kWarning, server.of(*replica),
                            cat(replica->entry.name, ": a backend needs no copy of the list"),
                            "nothing: take the line out; or mupdate_config: unified in "
                            "imapd.conf, for a server that is both"});
}

void check_unified(const Server& server, Findings& findings)
{
    if (server.config->proxyservers().empty())
        findings.push_back({kError, server.of("mupdate_config"),
                            "the other servers come here for their users, and no proxyservers "
                            "may",
                            "proxyservers: the proxy_authname of the servers"});
    if (mupdate_of(server, false) == nullptr)
        findings.push_back({kError, server.of("mupdate_config"),
                            "such a server follows the list of the murder, and no service does",
                            "mupdate cmd=\"mupdate\" listen=\"3905\" prefork=1 in SERVICES"});
    constexpr string_view kWhy = "keeps no mail, which a unified server does";
    check_program_of_role(server, "proxyd", "imapd", kWhy, findings);
    check_program_of_role(server, "lmtpproxyd", "lmtpd", kWhy, findings);
}

// Without mupdate_server.
void check_alone(const Server& server, Findings& findings)
{
    for (const Service& service : server.services) {
        const bool proxy = service.program == "proxyd" || service.program == "lmtpproxyd";
        const bool replica = service.program == "mupdate" && !service.has_option("-m");
        if (proxy || replica)
            findings.push_back({kError, server.of(service),
                                cat(service.entry.name, ": ", service.program,
                                    proxy ? " goes where the list of the murder says"
                                          : " without -m follows the master",
                                    ", and there is no mupdate_server"),
                                replica ? "mupdate_server: HOST in imapd.conf; or -m, if this is "
                                          "the master"
                                        : "mupdate_server: HOST in imapd.conf"});
    }
    for (string_view option : {"mupdate_config", "proxyservers"})
        if (server.config->is_set(option) && !server.is_master)
            findings.push_back({kWarning, server.of(option),
                                cat(option, " is for a murder, and there is no mupdate_server"),
                                "mupdate_server: HOST; else take the line out"});
}

void check_names_of_servers(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    const std::string name = auth::host_of(config.servername());
    if (name.starts_with("localhost"))
        findings.push_back({kError, server.of("servername"),
                            cat(name, " is every server's name for itself: in a murder the others "
                                      "come by this name"),
                            "servername: the whole host name"});
    const std::string master = auth::host_of(config.mupdate_server());
    if (master == name && !server.is_master && !name.empty())
        findings.push_back({kError, server.of("mupdate_server"),
                            "that is this server, and no service here is the master",
                            "mupdate_server: the host that runs mupdate -m; or mupdate "
                            "cmd=\"mupdate -m\" listen=\"3905\" prefork=1 in SERVICES"});
    if (!config.serverlist().empty() && !config.defaultserver().empty() &&
        !contains(config.serverlist(), config.defaultserver()))
        findings.push_back(
            {kError, server.of("defaultserver"),
             cat(config.defaultserver(), " is not in serverlist"),
             cat("serverlist: ", join(config.serverlist()), ' ', config.defaultserver())});
    for (size_t i = 0; i < config.serverlist().size(); i++)
        for (size_t j = 0; j < i; j++)
            if (equal_nocase(config.serverlist()[i], config.serverlist()[j]))
                findings.push_back({kWarning, server.of("serverlist"),
                                    cat(config.serverlist()[i], " is in serverlist twice"),
                                    "each server once"});
}

// Who may bring mail: the frontends, and the backends whose scripts file mail elsewhere.
void check_lmtp_admins(const Server& server, const Service& service, Findings& findings)
{
    const config::Config& config = *server.config;
    const Names admins = admins_of(server, &service);
    if (has_group(admins) || has_group(config.proxyservers())) return;
    Names lacking;
    const bool has_proxy =
        std::any_of(config.proxyservers().begin(), config.proxyservers().end(),
                    [&](const std::string& name) { return contains(admins, name); });
    if (!has_proxy && !config.proxyservers().empty()) lacking = config.proxyservers();
    if (config.is_set("proxy_authname") && !contains(admins, config.proxy_authname()) &&
        !contains(lacking, config.proxy_authname()))
        lacking.push_back(config.proxy_authname());
    if (lacking.empty()) return;
    const std::string option = cat(service.entry.name, "_admins");
    Names wanted = admins;
    wanted.insert(wanted.end(), lacking.begin(), lacking.end());
    findings.push_back(
        {kError, server.of(config.is_set(option) ? option : "proxyservers"),
         cat("only administrators bring mail by LMTP, and ", join(lacking),
             lacking.size() == 1 ? " is none for " : " are none for ", service.entry.name),
         cat(option, ": ", join(wanted))});
}

// By other backends, which bring mailboxes here as their proxy_authname.
void check_move_user(const Server& server, const Names& admins, Findings& findings)
{
    const config::Config& config = *server.config;
    const std::string& mover = config.proxy_authname();
    if (!config.is_set("proxy_authname") || contains(admins, mover) || has_group(admins)) return;
    const bool is_proxy = contains(config.proxyservers(), mover);
    findings.push_back({kError, server.of("proxy_authname"),
                        cat("backends move mailboxes, settle conflicts and compare lists as ",
                            mover, ", who is no administrator"),
                        is_proxy
                            ? cat("proxy_authname: mover, and admins: ", join(admins), " mover")
                            : cat("admins: ", join(admins), ' ', mover)});
}

// Of the server of mupdate on this host: who is in both lists may do everything.
void check_readers(const Server& server, const Service& service, Findings& findings)
{
    const Names admins = admins_of(server, &service);
    const Names readers = server.as(service.entry.name).mupdate_readers();
    for (const std::string& name : readers) {
        if (!contains(admins, name)) continue;
        Names others = admins;
        std::erase(others, name);
        findings.push_back({kWarning, server.of("mupdate_readers"),
                            cat(name, " is in mupdate_readers and in admins, so he may change the "
                                      "list"),
                            cat("admins: ", join(others))});
    }
}

// The master of the murder is another one.
void check_own_master(const Server& server, const Service& master, Findings& findings)
{
    const config::Config& config = *server.config;
    const std::string& named = config.mupdate_server();
    const std::string own = auth::host_of(config.servername());
    if (named.empty() || equal_nocase(auth::host_of(named), own) || net::is_this_host(named))
        return;
    findings.push_back({kError, server.of(master),
                        cat(master.entry.name,
                            ": with -m this server is a master, and "
                            "mupdate_server names another, ",
                            named),
                        cat("cmd=\"mupdate\", which follows that one; or mupdate_server: ", own)});
}

}  // namespace

void check_role(const Server& server, Findings& findings)
{
    if (!server.conf) return;
    const Service* master = mupdate_of(server, true);
    const Service* replica = mupdate_of(server, false);
    if (master != nullptr && replica != nullptr)
        findings.push_back({kError, server.of(*replica),
                            cat(replica->entry.name, " and ", master->entry.name,
                                ": one server is the master or follows it"),
                            "one of the two lines"});
    if (server.is_unified())
        check_unified(server, findings);
    else if (server.is_frontend)
        check_frontend(server, findings);
    else if (server.is_backend)
        check_backend(server, findings);
    else if (server.config->mupdate_server().empty())
        check_alone(server, findings);
    if (server.is_in_murder()) check_names_of_servers(server, findings);
    if (master != nullptr) check_own_master(server, *master, findings);
}

void check_proxy_users(const Server& server, Findings& findings)
{
    if (!server.is_backend) return;
    const config::Config& config = *server.config;
    const Names admins = admins_of(server, service_of(server, "imapd"));
    for (const std::string& name : config.proxyservers())
        // One name is all that a unified server has, for users and for moves.
        if (!server.is_unified() && contains(admins, name)) {
            Names others = admins;
            std::erase(others, name);
            findings.push_back({kWarning, server.of("proxyservers"),
                                cat(name, " is in proxyservers and in admins: who gets hold of a "
                                          "frontend administrates this server"),
                                cat("admins: ", join(others),
                                    " mover, with proxy_authname: mover "
                                    "for moves")});
        }
    check_move_user(server, admins, findings);
    for (const Service& service : server.services)
        if (service.program == "lmtpd" && !service.target.is_unix && !service.has_option("-a"))
            check_lmtp_admins(server, service, findings);
}

void check_master(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    if (server.is_backend && contains(config.mupdate_readers(), config.mupdate_authname()) &&
        !contains(config.admins(), config.mupdate_authname()))
        findings.push_back({kError, server.of("mupdate_readers"),
                            cat("this server tells the master what it has as ",
                                config.mupdate_authname(), ", who may only read there"),
                            "mupdate_readers: the mupdate_authname of the frontends"});
    for (const Service& service : server.services)
        if (service.program == "mupdate") check_readers(server, service, findings);
    const Service* master = mupdate_of(server, true);
    if (master != nullptr && config.mupdate_config() == config::MupdateConfig::unified)
        findings.push_back({kError, server.of("mupdate_config"),
                            "the mupdate master is on no unified server",
                            "mupdate cmd=\"mupdate -m\" on a server of its own"});
    if (master == nullptr || !admins_of(server, master).empty()) return;
    findings.push_back({kError, server.of("admins"),
                        "only administrators change the list of the mupdate master, and there are "
                        "none",
                        "admins: the mupdate_authname of each backend"});
}

}  // namespace rookery::admin::check_config
