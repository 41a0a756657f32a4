#include "imap/imapd/relay/remote_metadata.h"

#include "imap/imapd/namespace/metadata.h"
#include "imap/imapd/relay/retry.h"
#include "imap/imapd/relay/router.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

Completion answer_of(RelayChannel& channel)
{
    auto answer = channel.finish();
    if (!answer) return channel.failed(answer.error());
    return (*std::move(answer)).completion();
}

}  // namespace

Result<Completion> metadata_at(ImapSession& s, Command& command, backend::Backend& backend,
                               MetadataRequest request)
{
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
    if (server_entry) s.client.put(server_response(s, command.external, *server_entry, server));
    return done;
}

Completion private_metadata_at(ImapSession& s, backend::Backend& backend,
                               const MetadataRequest& request)
{
    RelayChannel channel(s, backend);
    channel.verb("GETMETADATA");
    channel.astring("");
    channel.raw(metadata_arguments(request));
    return answer_of(channel);
}

Completion set_private_metadata_at(ImapSession& s, backend::Backend& backend,
                                   std::span<const MetadataChange> changes)
{
    std::string list;
    for (const MetadataChange& change : changes) {
        cat_to(list, list.empty() ? "" : " ", text::imap_astring(change.entry.written), ' ');
        if (!change.value)
            list += "NIL";
        else if (change.value->find('\0') == std::string::npos)
            text::put_string(list, *change.value, text::LiteralForm::plus);
        else
            text::put_literal(list += '~', *change.value, text::LiteralForm::plus);
    }
    RelayChannel channel(s, backend);
    channel.verb("SETMETADATA");
    channel.astring("");
    channel.raw(cat(" (", list, ')'));
    return answer_of(channel);
}

}  // namespace rookery::imapd
