#include "imap/imapd/relay/lines.h"

#include <string>

#include "imap/imapd/relay/selection_replies.h"
#include "imap/imapd/responder.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

constexpr size_t kMaxHeldLines = 65536;

}  // namespace

bool changes_numbers(const backend::Reply& reply)
{
    return reply.word == "EXPUNGE" || reply.word == "VANISHED";
}

backend::Reply with_tag(backend::Reply reply, const std::string& at_server, const std::string& tag)
{
    if (reply.word != "ESEARCH") return reply;
    text::ImapCursor cursor(reply.text());
    // search-correlator: names and values.
    for (bool more = cursor.accept('('); more; more = cursor.accept(' ')) {
        const auto name = cursor.atom();
        if (!name || !cursor.space()) return reply;
        const size_t begin = cursor.position();
        const auto value = cursor.astring();
        if (!value) return reply;
        if (!equal_nocase(*name, "TAG") || *value != at_server) continue;
        reply.head.replace(reply.text_begin + begin, cursor.position() - begin,
                           text::imap_string(tag));
        return reply;
    }
    return reply;
}

backend::Reply in_clients_words(const RemoteSelection& remote, const backend::Reply& reply)
{
    if (reply.word != "ESEARCH") return reply;
    backend::Reply told = reply;
    for (const FollowedSearch& one : remote.followed) told = with_tag(told, one.at_server, one.tag);
    return told;
}

Status hold_untagged(RemoteSelection& remote, backend::ReplyReader& replies,
                     const backend::Reply& reply)
{
    TRY_ASSIGN(std::string whole, replies.read_whole(reply, kMaxHeldLines));
    if (remote.held.size() + whole.size() > kMaxHeldLines)
        return Error{Code::closed, "too much unsolicited data"};
    remote.held += whole;
    return success();
}

Status pass_untagged(ImapSession& session, const backend::Backend& from,
                     backend::ReplyReader& replies, const backend::Reply& reply)
{
    if (is_of_mailbox(reply)) {
        RemoteSelection* remote = session.remote_at(from);
        if (remote == nullptr) return replies.drop_rest();
        if (!remote->held.empty() && !session.may_expunge())
            return hold_untagged(*remote, replies, reply);
        session.client.put(remote->held);
        remote->held.clear();
    }
    const RemoteSelection* remote = session.remote_at(from);
    if (remote == nullptr) return replies.copy_to(session.client, reply);
    return replies.copy_to(session.client, in_clients_words(*remote, reply));
}

void lose_backend(ImapSession& session, backend::Backend& backend)
{
    RemoteSelection* remote = session.remote();
    if (remote != nullptr && remote->backend == &backend) {
        session.forget_selection();
    }
    session.backends->drop(&backend);
}

std::string why_selection_ended(const ImapSession& session)
{
    if (!session.user.farewell.empty()) return std::string(wire_text(session.user.farewell));
    return "[UNAVAILABLE] Lost connection to the mailbox's server";
}

Completion say_bye_lost(ImapSession& session)
{
    session.client.put("* BYE ", why_selection_ended(session), "\r\n");
    (void)session.client.flush();
    return Completion::disconnect();
}

}  // namespace rookery::imapd
