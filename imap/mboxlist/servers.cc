#include "imap/mboxlist/servers.h"

#include "lib/base/log.h"

namespace rookery::mboxlist {

model::ServerStates server_states(Directory& directory)
{
    auto text = directory.mark(model::kServersMark);
    auto states = model::ServerStates::parse(text.value_or(std::string()));
    if (!states) log::warning("the states of servers cannot be read", {{"error", states.error()}});
    return states.value_or({});
}

Status check_in_service(Directory& directory, const std::string& server)
{
    model::ServerStates::Said said = server_states(directory).of(server);
    if (said.state != model::ServerState::maintenance) return success();
    if (said.note.empty()) said.note = "The server is down for maintenance, try again later";
    return Error{Code::maintenance, std::move(said.note)};
}

Result<std::vector<std::string>> servers_for_new(const config::Config& config, Directory& directory)
{
    std::vector<std::string> servers = config.serverlist();
    if (servers.empty() && !config.defaultserver().empty())
        servers.push_back(config.defaultserver());
    if (servers.empty()) return Error{Code::unavailable, "no serverlist is configured"};
    const model::ServerStates states = server_states(directory);
    std::erase_if(servers, [&](const std::string& server) {
        return states.of(server).state != model::ServerState::active;
    });
    if (servers.empty())
        return Error{Code::unavailable, "no server of serverlist takes new mailboxes"};
    return servers;
}

}  // namespace rookery::mboxlist
