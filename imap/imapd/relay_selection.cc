#include "imap/imapd/relay_selection.h"

#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

std::optional<text::ResponseCode> code_of(const backend::Reply& reply)
{
    if (reply.word != "OK") return std::nullopt;
    return text::response_code(reply.text());
}

}  // namespace

bool is_of_mailbox(const backend::Reply& reply)
{
    for (std::string_view word : {"EXISTS", "RECENT", "EXPUNGE", "VANISHED", "FETCH", "FLAGS"})
        if (reply.word == word) return true;
    return false;
}

bool describes_mailbox(const backend::Reply& reply)
{
    if (reply.word == "EXISTS" || reply.word == "RECENT" || reply.word == "FLAGS") return true;
    const auto code = code_of(reply);
    return code && !code->is("ALERT");
}

bool is_closed_code(const backend::Reply& reply)
{
    const auto code = code_of(reply);
    return code && code->is("CLOSED");
}

void note_selected(RemoteSelection& selection, const backend::Reply& reply)
{
    if (reply.has_number && reply.word == "EXISTS") selection.exists = reply.number;
    const auto code = code_of(reply);
    if (!code) return;
    const auto n = text::ImapCursor(code->arguments).number64();
    if (!n) return;
    if (code->is("UIDVALIDITY")) selection.uidvalidity = static_cast<uint32_t>(*n);
    if (code->is("UIDNEXT")) selection.uidnext = static_cast<uint32_t>(*n);
    if (code->is("HIGHESTMODSEQ")) selection.highestmodseq = *n;
}

void enable_at(ImapSession& session, backend::Backend& backend)
{
    if (session.enabled.empty() || !backend.has_capability("ENABLE")) return;
    RelayChannel channel(session, backend);
    channel.verb("ENABLE");
    for (const std::string& name : session.enabled) channel.raw(cat(' ', name));
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
