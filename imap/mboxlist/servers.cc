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

}  // namespace rookery::mboxlist
