// SELECT and EXAMINE of a mailbox on another server.
#include "imap/imapd/command_table.h"
#include "imap/imapd/relay.h"
#include "imap/imapd/relay_retry.h"
#include "imap/imapd/relay_selection.h"
#include "lib/base/strings.h"

namespace rookery::imapd::commands {
namespace {

// What was selected before, here or at another server, is left. The same server does it by itself.
void leave_selection(ImapSession& s, const backend::Backend& next)
{
    RemoteSelection* remote = s.remote();
    if (remote != nullptr && remote->backend == &next) {
        remote->backend->set_selected(false);
        s.selection = NoSelection{};
        s.state = State::authenticated;
        return;
    }
    if (s.state == State::selected) s.client.put("* OK [CLOSED] Ok\r\n");
    s.unselect();
}

// After a BAD the server may still have the mailbox of before selected, which the client has not.
void forget_at(ImapSession& s, backend::Backend& backend)
{
    if (!backend.has_capability("UNSELECT")) {
        lose_backend(s, backend);
        return;
    }
    RelayChannel channel(s, backend);
    channel.verb("UNSELECT");
    channel.filter(
        [](backend::ReplyReader&, const backend::Reply&) -> Result<bool> { return true; });
    if (!channel.finish()) lose_backend(s, backend);
}

}  // namespace

Completion relay_select(ImapSession& s, Command& command, backend::Backend& backend)
{
    if (!s.names) return Completion::bad("Please login first");
    enable_at(s, backend);
    RelayChannel channel(s, backend);
    channel.verb(command.name);
    channel.astring(command.external);
    if (auto read = channel.client_arguments(); !read) return channel.failed(read.error());
    RemoteSelection selection{.backend = nullptr,
                              .name = *command.mailbox,
                              .external = command.external,
                              .read_only = command.name == "EXAMINE",
                              .arguments = {},
                              .held = {}};
    channel.filter([&](backend::ReplyReader&, const backend::Reply& reply) -> Result<bool> {
        note_selected(selection, reply);
        return false;
    });
    leave_selection(s, backend);
    Outcome outcome = finish_at_mailbox(s, command, channel);
    if (!outcome.ok()) {
        if (outcome.answered && outcome.answer.kind == Completion::Kind::bad)
            forget_at(s, channel.backend());
        return std::move(outcome).result();
    }
    selection.backend = &channel.backend();
    selection.backend->set_selected(true);
    s.selection = std::move(selection);
    s.state = State::selected;
    master::scoreboard::set_mailbox(command.mailbox->internal());
    return std::move(outcome).result();
}

Completion relay_close(ImapSession& s, Command& command, backend::Backend&)
{
    if (auto read = s.reader.end_of_line(); !read) return Completion::from(read.error());
    // CLOSE must reach the messages that this session marked; UNSELECT changes nothing.
    if (!ensure_selection(s)) return say_bye_lost(s);
    s.remote()->held.clear();
    backend::Backend& backend = *s.remote()->backend;
    RelayChannel channel(s, backend);
    channel.verb(command.name);
    auto answer = channel.finish();
    if (!answer) return channel.failed(answer.error());
    if (answer->ok()) {
        backend.set_selected(false);
        s.selection = NoSelection{};
        s.state = State::authenticated;
    }
    return (*std::move(answer)).completion();
}

}  // namespace rookery::imapd::commands
