#include "imap/imapd/session.h"

#include "imap/imapd/relay.h"

namespace rookery::imapd {

void ImapSession::unselect()
{
    if (remote() != nullptr) relay_unselect(*this);
    selection = NoSelection{};
    if (state == State::selected) state = State::authenticated;
}

}  // namespace rookery::imapd
