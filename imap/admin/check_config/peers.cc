#include "imap/admin/check_config/peers.h"

#include <stdlib.h>

#include <algorithm>
#include <array>

#include "imap/backend/server_address.h"
#include "lib/base/strings.h"
#include "lib/config/cyrus_options.h"
#include "lib/config/option_names.h"

namespace rookery::admin::check_config {
namespace {

using std::string_view;

bool is_loopback(string_view host)
{
    return host == "localhost" || host.starts_with("127.") || host == "::1";
}

// What a mechanism of these proves it does without a password.
bool takes_no_password(string_view mechanism)
{
    constexpr std::array<string_view, 3> kNames = {"GSSAPI", "GSS-SPNEGO", "EXTERNAL"};
    return std::any_of(kNames.begin(), kNames.end(),
                       [&](string_view one) { return equal_nocase(one, mechanism); });
}

bool is_there(const std::vector<Peer>& peers, string_view name)
{
    return std::any_of(peers.begin(), peers.end(), [&](const Peer& peer) {
        return equal_nocase(backend::short_name(peer.name), name) || equal_nocase(peer.name, name);
    });
}

// "mail1_password" of a frontend that has no serverlist.
void add_by_options(const Server& server, std::vector<Peer>& peers)
{
    for (const config::Line& line : server.lines)
        for (string_view suffix : {"_password", "_address"}) {
            if (!line.name.ends_with(suffix) || config::find_option(line.name) ||
                config::find_cyrus_option(line.name) != nullptr)
                continue;
            const std::string host = line.name.substr(0, line.name.size() - suffix.size());
            if (host.empty() || is_there(peers, host)) continue;
            peers.push_back({host, false, line.name});
        }
}

}  // namespace

std::vector<Peer> peers_of(const Server& server)
{
    const config::Config& config = *server.config;
    std::vector<Peer> peers;
    if (!server.is_in_murder()) return peers;
    for (const std::string& name : config.serverlist())
        if (!equal_nocase(name, config.servername())) peers.push_back({name, false, "serverlist"});
    if (peers.empty() && server.is_frontend) add_by_options(server, peers);
    std::erase_if(peers, [&](const Peer& peer) {
        return equal_nocase(backend::short_name(peer.name),
                            backend::short_name(config.mupdate_server())) &&
               peer.option != "serverlist";
    });
    peers.insert(peers.begin(), {config.mupdate_server(), true, "mupdate_server"});
    return peers;
}

bool is_local(const Server& server, const Peer& peer)
{
    auto address =
        backend::server_address(*server.config, peer.name, peer.is_master ? "mupdate" : "imap");
    return address && (address->target.is_unix || is_loopback(address->target.host));
}

bool needs_password(const Server& server, const Peer& peer)
{
    const config::Config& config = *server.config;
    auto address = backend::server_address(config, peer.name, peer.is_master ? "mupdate" : "imap");
    if (address && address->without_login) return false;
    const char* keytab = ::getenv("KRB5_CLIENT_KTNAME");
    if (keytab != nullptr && *keytab != '\0') return false;
    if (!config.tls_client_cert().empty() ||
        backend::server_option(config, peer.name, "client_cert"))
        return false;
    const std::string mechanisms = backend::server_option(config, peer.name, "mechs")
                                       .value_or(config.force_sasl_client_mech());
    const auto words = split_words(mechanisms);
    return words.empty() || !std::all_of(words.begin(), words.end(), takes_no_password);
}

bool has_password(const Server& server, const Peer& peer)
{
    const config::Config& config = *server.config;
    if (peer.is_master && !config.mupdate_password().empty()) return true;
    return !config.proxy_password().empty() ||
           backend::server_option(config, peer.name, "password").has_value();
}

}  // namespace rookery::admin::check_config
