#include "imap/imapd/namespace/subscribed.h"

#include <algorithm>

#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/router.h"
#include "imap/mboxlist/subscriptions.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {

Result<std::vector<model::MailboxName>> subscribed_names_at(ImapSession& s,
                                                            backend::Backend& backend)
{
    std::vector<model::MailboxName> names;
    RelayChannel channel(s, backend);
    channel.verb("LSUB");
    channel.raw(" \"\" \"*\"");
    channel.filter([&](backend::ReplyReader& replies, const backend::Reply& reply) -> Result<bool> {
        if (reply.word != "LSUB") return false;
        TRY_ASSIGN(std::string whole, replies.read_whole(reply, kMaxLsubLine));
        auto line = text::parse_mailbox_list(std::string_view(whole).substr(reply.text_begin));
        auto name = line ? s.user.names->to_internal(line->name) : line.error();
        if (name) names.push_back(*std::move(name));
        return true;
    });
    TRY_ASSIGN(Answer answer, channel.finish());
    if (!answer.ok()) return Error{Code::unavailable, answer.text};
    std::sort(names.begin(), names.end());
    return names;
}

Result<std::vector<model::MailboxName>> subscribed_names(ImapSession& session)
{
    TRY_ASSIGN(Placed placed, place_inbox(session));
    if (!placed.is_here()) {
        TRY_ASSIGN(backend::Backend * backend, session.backends->get(placed.server));
        return subscribed_names_at(session, *backend);
    }
    return mboxlist::Subscriptions(session.config.configdirectory(), session.user.identity->userid)
        .names();
}

}  // namespace rookery::imapd
