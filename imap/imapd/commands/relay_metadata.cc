// GETMETADATA of a mailbox on another server.
#include <algorithm>
#include <optional>

#include "imap/imapd/command_table.h"
#include "imap/imapd/metadata.h"
#include "imap/imapd/relay_retry.h"
#include "lib/base/strings.h"
#include "lib/text/imap_structure.h"

namespace rookery::imapd::commands {
namespace {

// Takes out what is answered here: which server has the mailbox. Others say what they call
// themselves, if they say it at all.
std::optional<EntryName> take_server_entry(MetadataRequest& request, const std::string& server)
{
    const auto is_server = [](const EntryName& e) { return e.full() == kServerEntry; };
    const auto at = std::find_if(request.entries.begin(), request.entries.end(), is_server);
    const auto& options = request.options;
    if (at == request.entries.end() || options.depth != Depth::zero) return std::nullopt;
    if (options.max_size && server.size() > *options.max_size) return std::nullopt;
    EntryName taken = *at;
    std::erase_if(request.entries, is_server);
    return taken;
}

}  // namespace

Completion relay_getmetadata(ImapSession& s, Command& command, backend::Backend& backend)
{
    auto request = parse_getmetadata(s.reader, command.options);
    if (!request) return Completion::from(request.error());
    if (auto may = may_annotate(s, *command.entry, false); !may)
        return Completion::from(may.error());
    const auto server_entry = take_server_entry(*request, backend.server());
    std::string server = backend.server();
    Completion done = Completion::ok();
    if (!request->entries.empty()) {
        RelayChannel channel(s, backend);
        channel.verb("GETMETADATA");
        channel.astring(command.external);
        channel.raw(metadata_arguments(*request));
        Outcome outcome = finish_at_mailbox(s, command, channel);
        server = channel.backend().server();
        if (!outcome.ok()) return std::move(outcome).result();
        done = std::move(outcome).result();
    }
    if (server_entry)
        s.client.put("* METADATA ", text::imap_astring(command.external), " (",
                     text::imap_astring(server_entry->written), ' ', text::imap_string(server),
                     ")\r\n");
    return done;
}

}  // namespace rookery::imapd::commands
