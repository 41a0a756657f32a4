// GETMETADATA of a mailbox on another server.
#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/metadata.h"
#include "imap/imapd/relay/retry.h"
#include "imap/imapd/relay/router.h"

namespace rookery::imapd::commands {

Result<Completion> relay_getmetadata(ImapSession& s, Command& command, backend::Backend& backend)
{
    TRY_ASSIGN(auto request, parse_getmetadata(s.reader, command.options));
    // The arguments may have taken long: who may ask now?
    TRY_ASSIGN(auto now, place(s, *command.mailbox));
    command.entry = std::move(now.entry);
    TRY(may_annotate(s, *command.entry, false));
    const auto server_entry = take_server_entry(request, backend.server());
    std::string server = backend.server();
    Completion done = Completion::ok();
    if (!request.entries.empty()) {
        RelayChannel channel(s, backend);
        channel.verb("GETMETADATA");
        channel.astring(command.external);
        channel.raw(metadata_arguments(request));
        Outcome outcome = finish_at_mailbox(s, command, channel);
        server = channel.backend().server();
        if (!outcome.ok()) return std::move(outcome).result();
        done = std::move(outcome).result();
    }
    if (server_entry) s.client.put(server_response(command.external, *server_entry, server));
    return done;
}

}  // namespace rookery::imapd::commands
