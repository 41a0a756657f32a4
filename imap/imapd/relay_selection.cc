#include "imap/imapd/relay_selection.h"

#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

// The number behind "[NAME " in the text of an untagged OK.
bool code_number(std::string_view text, std::string_view name, uint64_t& number)
{
    std::string wanted = cat('[', name, ' ');
    if (!starts_with_nocase(text, wanted)) return false;
    text.remove_prefix(wanted.size());
    auto n = to_uint64(text.substr(0, text.find(']')), UINT64_MAX);
    if (n) number = *n;
    return n.ok();
}

bool has_code(const backend::Reply& reply, std::string_view code)
{
    return reply.word == "OK" && starts_with_nocase(reply.text(), code);
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
    return has_code(reply, "[") && !has_code(reply, "[ALERT]");
}

bool is_closed_code(const backend::Reply& reply)
{
    return has_code(reply, "[CLOSED]");
}

void note_selected(RemoteSelection& selection, const backend::Reply& reply)
{
    if (reply.has_number && reply.word == "EXISTS") selection.exists = reply.number;
    if (reply.word != "OK") return;
    uint64_t n = 0;
    if (code_number(reply.text(), "UIDVALIDITY", n))
        selection.uidvalidity = static_cast<uint32_t>(n);
    if (code_number(reply.text(), "UIDNEXT", n)) selection.uidnext = static_cast<uint32_t>(n);
    if (code_number(reply.text(), "HIGHESTMODSEQ", n)) selection.highestmodseq = n;
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
