#include "imap/imapd/relay/relayed_search.h"

#include "imap/imapd/relay/lines.h"
#include "imap/imapd/selected/progress.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {

std::optional<backend::Reply> progress_told(const backend::Reply& reply, std::string_view tag)
{
    const auto code = reply.word == "OK" ? text::response_code(reply.text()) : std::nullopt;
    if (!code || !code->is("INPROGRESS")) return std::nullopt;
    text::ImapCursor cursor(code->arguments);
    if (!cursor.accept('(') || !cursor.value()) return std::nullopt;
    backend::Reply told = reply;
    told.head.replace(reply.text_begin, reply.head.npos,
                      cat("[INPROGRESS (", progress_tag(tag), cursor.rest(), "] ", code->text));
    return told;
}

RelayedSearch::RelayedSearch(ImapSession& session, const Command& command, RelayChannel& channel)
    : s_(session), command_(command), channel_(channel)
{
    channel.filter([this](backend::ReplyReader& replies, const backend::Reply& reply) {
        return tell(replies, reply);
    });
}

Result<bool> RelayedSearch::tell(backend::ReplyReader& replies, const backend::Reply& reply)
{
    backend::Reply told = reply;
    if (reply.word == "NO") {
        const auto code = text::response_code(reply.text());
        if (!code || !code->is("NOUPDATE")) return false;
        is_refused_ = true;
        const std::string text =
            cat("[NOUPDATE ", text::imap_string(command_.tag), "] ", code->text);
        told.head.replace(reply.text_begin, reply.head.npos, text);
    } else if (auto progress = progress_told(reply, command_.tag)) {
        told = *std::move(progress);
    } else if (reply.word == "ESEARCH") {
        told = with_tag(in_clients_names(s_, reply), channel_.tag(), command_.tag);
        if (const RemoteSelection* remote = s_.remote_at(channel_.backend()))
            told = in_clients_words(*remote, told);
    } else {
        return false;
    }
    TRY(replies.copy_to(s_.client, told));
    return true;
}

}  // namespace rookery::imapd
