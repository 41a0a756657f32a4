#include "imap/imapd/subscribed.h"

#include <algorithm>

#include "imap/imapd/relay_channel.h"
#include "imap/imapd/router.h"
#include "imap/mboxlist/subscriptions.h"
#include "lib/base/strings.h"

namespace rookery::imapd {

// A string of a response: quoted, literal or atom, at the end of the line.
std::string last_string(std::string_view line)
{
    line = trim(line);
    if (size_t brace = line.find("}\r\n"); brace != std::string_view::npos)
        return std::string(line.substr(brace + 3));
    if (!line.ends_with('"')) return std::string(line.substr(line.rfind(' ') + 1));
    // Other strings may stand before it: the separator is one.
    std::string out;
    bool inside = false;
    for (size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"') {
            inside = !inside;
            if (inside) out.clear();
        } else if (inside) {
            if (line[i] == '\\' && i + 1 < line.size()) ++i;
            out.push_back(line[i]);
        }
    }
    return out;
}

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
        auto name = s.names->to_internal(last_string(whole));
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
    return mboxlist::Subscriptions(session.config.configdirectory(), session.identity->userid)
        .names();
}

}  // namespace rookery::imapd
