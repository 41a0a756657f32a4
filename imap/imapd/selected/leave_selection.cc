#include "imap/imapd/selected/leave_selection.h"

#include <utility>

#include "imap/imapd/relay/relay.h"

namespace rookery::imapd {

void unselect(ImapSession& session)
{
    if (session.remote() != nullptr) relay_unselect(session);
    session.forget_selection();
    session.user.events.own.clear();
}

void leave_aside(ImapSession& session)
{
    if (std::holds_alternative<NoSelection>(session.user.aside)) return;
    session.client.put("* OK [CLOSED] Ok\r\n");
    session.user.selection = std::exchange(session.user.aside, NoSelection{});
    unselect(session);
}

}  // namespace rookery::imapd
