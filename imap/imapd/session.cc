#include "imap/imapd/session.h"

#include "imap/imapd/relay.h"
#include "lib/base/memory.h"

namespace rookery::imapd {

void ImapSession::rest()
{
    client.release_buffers();
    if (backends != nullptr)
        for (backend::Backend* open : backends->open_connections())
            open->stream().release_buffers();
    give_back_free_memory();
}

void ImapSession::unselect()
{
    if (remote() != nullptr) relay_unselect(*this);
    selection = NoSelection{};
    if (state == State::selected) state = State::authenticated;
}

Completion namespace_changed(const ImapSession& session)
{
    if (session.operations == nullptr || !session.operations->is_told_later())
        return Completion::ok();
    return Completion::ok(
        "Completed here; other servers will see it when the mupdate master is back");
}

}  // namespace rookery::imapd
