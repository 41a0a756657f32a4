#include "imap/imapd/relay/lines.h"

#include <algorithm>
#include <array>
#include <string>

#include "imap/imapd/relay/selection_replies.h"
#include "imap/imapd/responder.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

constexpr size_t kMaxHeldLines = 65536;

// Where the name of a mailbox stands in a response.
enum class NameAt : unsigned char { first, each, behind_separator, correlator };
struct NamingResponse {
    std::string_view word;
    NameAt at;
};
constexpr std::array kNaming = {
    NamingResponse{"ACL", NameAt::first},          NamingResponse{"ANNOTATION", NameAt::first},
    NamingResponse{"ESEARCH", NameAt::correlator}, NamingResponse{"LIST", NameAt::behind_separator},
    NamingResponse{"LISTRIGHTS", NameAt::first},   NamingResponse{"LSUB", NameAt::behind_separator},
    NamingResponse{"METADATA", NameAt::first},     NamingResponse{"MYRIGHTS", NameAt::first},
    NamingResponse{"QUOTA", NameAt::first},        NamingResponse{"QUOTAROOT", NameAt::each},
    NamingResponse{"STATUS", NameAt::first},
};

// To where the name begins. False: there is none, or not all of it.
bool skip_to_name(text::ImapCursor& cursor, NameAt at)
{
    if (at == NameAt::first || at == NameAt::each) return true;
    if (at == NameAt::behind_separator)
        return cursor.list() && cursor.space() && cursor.value() && cursor.space();
    for (bool more = cursor.accept('('); more; more = cursor.accept(' ')) {
        const auto name = cursor.atom();
        if (!name || !cursor.space()) return false;
        if (equal_nocase(*name, "MAILBOX")) return true;
        if (!cursor.value()) return false;
    }
    return false;
}

}  // namespace

std::string in_clients_names(const ImapSession& session, std::string_view word,
                             std::string_view text)
{
    const auto* found = std::find_if(kNaming.begin(), kNaming.end(),
                                     [&](const NamingResponse& one) { return one.word == word; });
    text::ImapCursor cursor(text);
    const bool has_name =
        session.user.modes.utf8 && found != kNaming.end() && skip_to_name(cursor, found->at);
    if (!has_name) return std::string(text);
    std::string out(text.substr(0, cursor.position()));
    for (;;) {
        const auto name = cursor.astring();
        if (!name) return std::string(text);
        out += wire_name(session, *name);
        if (found->at != NameAt::each || !cursor.accept(' ')) break;
        out += ' ';
    }
    return out + std::string(cursor.rest());
}

backend::Reply in_clients_names(const ImapSession& session, backend::Reply reply)
{
    if (!session.user.modes.utf8) return reply;
    const std::string text = in_clients_names(session, reply.word, reply.text());
    reply.head.replace(std::min(reply.text_begin, reply.head.size()), reply.head.npos, text);
    return reply;
}

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
    backend::Reply told = in_clients_names(session, reply);
    const RemoteSelection* remote = session.remote_at(from);
    if (remote != nullptr) told = in_clients_words(*remote, told);
    return replies.copy_to(session.client, told);
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
