#include "imap/imapd/relay/selection.h"

#include <algorithm>

#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/selection_replies.h"
#include "lib/base/strings.h"

namespace rookery::imapd {

void enable_at(ImapSession& session, backend::Backend& backend)
{
    std::vector<std::string> names = session.user.enabled;
    // Other commands do that too, which that server may not have seen.
    if (session.user.condstore_enabled && !session.user.qresync_enabled &&
        std::find(names.begin(), names.end(), "CONDSTORE") == names.end())
        names.emplace_back("CONDSTORE");
    if (names.empty() || !backend.has_capability("ENABLE")) return;
    RemoteSelection* remote = session.remote_at(backend);
    if (remote != nullptr && session.user.condstore_enabled) remote->modseq_told = true;
    RelayChannel channel(session, backend);
    channel.verb("ENABLE");
    for (const std::string& name : names) channel.raw(cat(' ', name));
    channel.filter([](backend::ReplyReader&, const backend::Reply& reply) -> Result<bool> {
        return reply.word == "ENABLED";
    });
    (void)channel.finish();
}

Status select_again(ImapSession& session, RemoteSelection& selection, backend::Backend& backend)
{
    enable_at(session, backend);
    RemoteSelection now{.backend = &backend,
                        .name = selection.name,
                        .external = selection.external,
                        .read_only = selection.read_only,
                        .arguments = {},
                        .held = {}};
    RelayChannel channel(session, backend);
    channel.verb(selection.read_only ? "EXAMINE" : "SELECT");
    channel.astring(selection.external);
    bool changed = false;
    channel.filter([&](backend::ReplyReader&, const backend::Reply& reply) -> Result<bool> {
        note_selected(now, reply);
        const bool own = describes_mailbox(reply);
        changed = changed || (is_of_mailbox(reply) && !own);
        return own;
    });
    TRY_ASSIGN(Answer answer, channel.finish());
    bool same = answer.ok() && !changed && now.uidvalidity == selection.uidvalidity &&
                now.exists == selection.exists && now.uidnext == selection.uidnext &&
                now.highestmodseq == selection.highestmodseq && now.uidvalidity != 0;
    if (!same) {
        // The mailbox is selected there; this session has none.
        session.backends->drop(&backend);
        return Error{Code::closed, "the mailbox has changed"};
    }
    selection.backend = &backend;
    backend.set_selected(true);
    return success();
}

}  // namespace rookery::imapd
