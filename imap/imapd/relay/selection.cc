#include "imap/imapd/relay/selection.h"

#include <algorithm>

#include "imap/imapd/capabilities.h"
#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/selection_replies.h"
#include "lib/base/strings.h"

namespace rookery::imapd {

void enable_at(ImapSession& session, backend::Backend& backend)
{
    std::vector<std::string> names;
    for (const std::string& name : session.user.enabled)
        if (const Capability* row = find_capability(name); !row->by_itself)
            names.emplace_back(row->name_there());
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

void tell_back_fill(ImapSession& session, backend::Backend& backend)
{
    BackFill& back_fill = session.back_fill;
    // A connection that was told may be another one by now, which was not.
    const bool told = back_fill.told.erase(backend.server()) > 0;
    if ((!back_fill.is_said && !told) || !backend.has_capability("ID")) return;
    RelayChannel channel(session, backend);
    channel.verb("ID");
    channel.raw(back_fill.is_said ? " (\"event\" \"back-fill\")" : " NIL");
    channel.filter([](backend::ReplyReader&, const backend::Reply& reply) -> Result<bool> {
        return reply.word == "ID";
    });
    if (channel.finish() && back_fill.is_said) back_fill.told.insert(backend.server());
}

Status prepare_select(ImapSession& session, backend::Backend& backend)
{
    if (session.user.modes.uid_only && !backend.has_capability("UIDONLY"))
        return Error{Code::unsupported, "the server has no UIDONLY"};
    enable_at(session, backend);
    tell_back_fill(session, backend);
    if (session.user.before_select) session.user.before_select(backend);
    return success();
}

Completion cannot_be_selected()
{
    return Completion::no("[CANNOT] The mailbox's server has no UIDONLY, which is enabled");
}

Result<Reselected> say_select(ImapSession& session, const RemoteSelection& selection,
                              backend::Backend& backend, std::string_view parameters,
                              const RelayChannel::Filter& filter)
{
    RemoteSelection now{.backend = &backend,
                        .name = selection.name,
                        .external = selection.external,
                        .read_only = selection.read_only,
                        .arguments = {},
                        .held = {}};
    RelayChannel channel(session, backend);
    channel.verb(selection.read_only ? "EXAMINE" : "SELECT");
    channel.astring(selection.external);
    channel.raw(parameters);
    channel.filter([&](backend::ReplyReader& reader, const backend::Reply& reply) {
        note_selected(now, reply);
        return filter(reader, reply);
    });
    TRY_ASSIGN(Answer answer, channel.finish());
    return Reselected{std::move(now), std::move(answer)};
}

Status select_again(ImapSession& session, RemoteSelection& selection, backend::Backend& backend)
{
    TRY(prepare_select(session, backend));
    bool changed = false;
    const auto keep_back = [&](backend::ReplyReader&, const backend::Reply& reply) -> Result<bool> {
        const bool own = describes_mailbox(reply);
        changed = changed || (is_of_mailbox(reply) && !own);
        return own;
    };
    TRY_ASSIGN(const Reselected done, say_select(session, selection, backend, {}, keep_back));
    const RemoteSelection& now = done.now;
    const bool same = done.answer.ok() && !changed && now.uidvalidity == selection.uidvalidity &&
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
