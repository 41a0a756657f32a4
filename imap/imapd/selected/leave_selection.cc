#include "imap/imapd/selected/leave_selection.h"

#include <utility>

#include "imap/imapd/relay/relay.h"
#include "lib/service/scoreboard.h"

namespace rookery::imapd {

void unselect(ImapSession& session)
{
    if (session.remote() != nullptr) relay_unselect(session);
    session.selection = NoSelection{};
    if (session.state == State::selected) session.state = State::authenticated;
}

void leave_aside(ImapSession& session)
{
    if (std::holds_alternative<NoSelection>(session.aside)) return;
    session.client.put("* OK [CLOSED] Ok\r\n");
    session.selection = std::exchange(session.aside, NoSelection{});
    unselect(session);
    service::scoreboard::set_mailbox("");
}

}  // namespace rookery::imapd
