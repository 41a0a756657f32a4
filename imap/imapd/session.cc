#include "imap/imapd/session.h"

#include <utility>

#include "lib/base/memory.h"
#include "lib/service/scoreboard.h"

namespace rookery::imapd {

void ImapSession::rest()
{
    client.release_buffers();
    if (LocalSelection* selection = local()) selection->mailbox->rest();
    if (backends != nullptr)
        for (backend::Backend* open : backends->open_connections())
            open->stream().release_buffers();
    give_back_free_memory();
}

void ImapSession::forget_selection()
{
    user.selection = NoSelection{};
    if (user.state == State::selected) user.state = State::authenticated;
    service::scoreboard::set_mailbox("");
}

RemoteSelection* ImapSession::remote_at(const backend::Backend& backend)
{
    for (Selection* s : {&user.selection, &user.aside}) {
        auto* remote = std::get_if<RemoteSelection>(s);
        if (remote != nullptr && remote->backend == &backend) return remote;
    }
    return nullptr;
}

void ImapSession::set_aside()
{
    user.aside = std::exchange(user.selection, NoSelection{});
    if (user.state == State::selected) user.state = State::authenticated;
}

void ImapSession::take_back()
{
    if (std::holds_alternative<NoSelection>(user.aside)) return;
    user.selection = std::exchange(user.aside, NoSelection{});
    user.state = State::selected;
}

Completion namespace_changed(const ImapSession& session)
{
    if (session.operations == nullptr || !session.operations->is_told_later())
        return Completion::ok();
    return Completion::ok(
        "Completed here; other servers will see it when the mupdate master is back");
}

}  // namespace rookery::imapd
