// How this server logs in to the others.
#include <algorithm>
#include <array>

#include "imap/admin/check_config/checks.h"
#include "imap/admin/check_config/peers.h"
#include "imap/backend/server_address.h"
#include "lib/base/strings.h"
#include "lib/config/option_names.h"

namespace rookery::admin::check_config {
namespace {

using std::string_view;

// Up to the port: what stands in front of _password for this server alone.
std::string full_name(string_view server)
{
    return to_lower(server.substr(0, server.find_first_of(":/")));
}

// The line that both servers would take for theirs; "" = none.
std::string shared_option(const Server& server, const std::string& one, const std::string& other)
{
    for (string_view what : {"address", "password", "mechs", "tls", "client_cert", "client_key"}) {
        const std::string option = cat(backend::short_name(one), '_', what);
        if (!server.config->overflow(option)) continue;
        const bool first = server.config->overflow(cat(full_name(one), '_', what)).has_value();
        const bool second = server.config->overflow(cat(full_name(other), '_', what)).has_value();
        if (!first && !second) return option;
    }
    return {};
}

std::string password_option(const Peer& peer)
{
    return peer.is_master ? "mupdate_password" : cat(backend::short_name(peer.name), "_password");
}

// "mail_password" where mail1 and mail2 have none: of no server that this one knows of.
bool tell_strange_password(const Server& server, const std::vector<Peer>& peers,
                           const std::vector<Peer>& lacking, Findings& findings)
{
    constexpr string_view kEnd = "_password";
    if (lacking.empty()) return false;
    for (const config::Line& line : server.lines) {
        if (!line.name.ends_with(kEnd) || config::find_option(line.name)) continue;
        const string_view host = string_view(line.name).substr(0, line.name.size() - kEnd.size());
        const bool is_known = std::any_of(peers.begin(), peers.end(), [&](const Peer& peer) {
            return backend::short_name(peer.name) == host || full_name(peer.name) == host;
        });
        if (is_known) continue;
        std::string names;
        std::string options;
        for (const Peer& peer : lacking) {
            cat_to(names, names.empty() ? "" : " and ", peer.name);
            cat_to(options, options.empty() ? "" : " and ", password_option(peer));
        }
        findings.push_back({Severity::error,
                            {line.file, line.number},
                            cat(line.name,
                                " is of no server that is named here, and there is no "
                                "password for ",
                                names),
                            cat(options, "; or proxy_password")});
        return true;
    }
    return false;
}

}  // namespace

void check_passwords(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    const auto peers = peers_of(server);
    std::vector<Peer> lacking;
    for (const Peer& peer : peers) {
        // A backend logs in to others for moves only.
        const bool goes = peer.is_master || server.is_frontend || config.is_set("proxy_authname");
        if (goes && needs_password(server, peer) && !has_password(server, peer))
            lacking.push_back(peer);
    }
    if (!tell_strange_password(server, peers, lacking, findings))
        for (const Peer& peer : lacking)
            findings.push_back({Severity::error, server.of(peer.option),
                                cat("there is no password for ", peer.name),
                                cat(password_option(peer), ": PASSWORD")});
    if (!server.is_frontend || peers.size() > 1 || !config.proxy_password().empty()) return;
    const Peer any{"backend", false, "proxy_authname"};
    if (needs_password(server, any))
        findings.push_back(
            {Severity::error,
             server.of(config.is_set("proxy_authname") ? "proxy_authname" : "mupdate_server"),
             "there is no password for any backend",
             "NAME_password: PASSWORD for each, up to the first dot of its name"});
}

void check_short_names(const Server& server, Findings& findings)
{
    const auto& servers = server.config->serverlist();
    for (size_t i = 0; i < servers.size(); i++)
        for (size_t j = 0; j < i; j++) {
            if (full_name(servers[i]) == full_name(servers[j])) continue;
            if (backend::short_name(servers[i]) != backend::short_name(servers[j])) continue;
            const std::string option = shared_option(server, servers[i], servers[j]);
            if (option.empty()) continue;
            const std::string what = option.substr(option.find('_'));
            findings.push_back({Severity::error, server.of(option),
                                cat(option, " is of both ", servers[j], " and ", servers[i]),
                                cat(full_name(servers[j]), what, ": ... and ",
                                    full_name(servers[i]), what, ": ...")});
        }
}

}  // namespace rookery::admin::check_config
