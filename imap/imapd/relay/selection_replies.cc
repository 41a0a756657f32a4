#include "imap/imapd/relay/selection_replies.h"

#include <optional>
#include <string_view>

#include "lib/base/strings.h"
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

bool tells_modseq(const backend::Reply& reply)
{
    const auto code = code_of(reply);
    return code && code->is("HIGHESTMODSEQ");
}

bool is_status_with_modseq(const backend::Reply& reply)
{
    if (reply.word != "STATUS") return false;
    text::ImapCursor cursor(reply.text());
    if (!cursor.astring() || !cursor.space()) return false;
    const auto items = cursor.list();
    if (!items) return false;
    for (std::string_view word : split_words(*items))
        if (equal_nocase(word, "HIGHESTMODSEQ")) return true;
    return false;
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

}  // namespace rookery::imapd
