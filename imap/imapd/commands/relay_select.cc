// SELECT and EXAMINE of a mailbox on another server.
#include "imap/imapd/command_table.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/relay/retry.h"
#include "imap/imapd/relay/selection.h"
#include "imap/imapd/relay/selection_replies.h"
#include "imap/imapd/responder.h"
#include "imap/imapd/selected/leave_selection.h"
#include "lib/base/strings.h"
#include "lib/service/scoreboard.h"

namespace rookery::imapd::commands {
namespace {

// What was selected before is left when its server, or the new one, says so: by the first word of
// the new mailbox, by OK or NO. BAD leaves it.
class Before {
 public:
    Before(ImapSession& s, const backend::Backend& next)
        : s_(s), next_(&next), server_(next.server()), at_next_(s.remote_at(next) != nullptr)
    {
    }
    void leave()
    {
        if (left_) return;
        left_ = true;
        if (!at_next_) return leave_aside(s_);
        // A SELECT there ended it; another server's would need UNSELECT.
        s_.client.put("* OK [CLOSED] Ok\r\n");
        s_.user.aside = NoSelection{};
        backend::Backend* still = s_.backends->find(server_);
        if (still == next_) still->set_selected(false);
    }
    bool left() const { return left_; }
    // Did another server than the one that had it give the last answer? Then that one said NO.
    bool ended_by(const backend::Backend& last) const { return at_next_ && &last != next_; }

 private:
    ImapSession& s_;
    const backend::Backend* next_;
    std::string server_;
    bool at_next_;
    bool left_ = false;
};

// After a BAD that came late the server may still have the mailbox of before selected.
void forget_at(ImapSession& s, backend::Backend& backend)
{
    if (!backend.has_capability("UNSELECT")) {
        lose_backend(s, backend);
        return;
    }
    RelayChannel channel(s, backend);
    channel.verb("UNSELECT");
    if (!channel.finish()) lose_backend(s, backend);
}

// What the server says of the new mailbox goes on to the client, behind [CLOSED], which is said
// here: not every server does. What it says before is of the old one, and nothing special.
RelayChannel::Filter of_new_mailbox(ImapSession& s, Before& before, RemoteSelection& selection)
{
    return [&](backend::ReplyReader& replies, const backend::Reply& reply) -> Result<bool> {
        const bool closed = is_closed_code(reply);
        if (closed || describes_mailbox(reply)) before.leave();
        if (closed) return true;
        if (!before.left()) return false;
        note_selected(selection, reply);
        TRY(replies.copy_to(s.client, reply));
        return true;
    };
}

}  // namespace

Result<Completion> relay_select(ImapSession& s, Command& command, backend::Backend& backend)
{
    if (!prepare_select(s, backend)) return cannot_be_selected();
    RelayChannel channel(s, backend);
    channel.verb(command.name);
    channel.astring(command.external);
    channel.raw(to_string(command.select));
    RemoteSelection selection{.backend = nullptr,
                              .name = *command.mailbox,
                              .external = command.external,
                              .read_only = command.spec->traits.variant == Variant::read_only,
                              .arguments = {},
                              .held = {}};
    Before before(s, backend);
    channel.filter(of_new_mailbox(s, before, selection));
    Outcome outcome = finish_at_mailbox(s, command, channel);
    const bool ok = outcome.ok();
    const bool answered = outcome.answered;
    Completion done = std::move(outcome).result();
    if (done.kind == Completion::Kind::disconnect) return done;
    if (!ok) {
        const bool bad = done.kind == Completion::Kind::bad;
        if (answered && bad && before.left()) forget_at(s, channel.backend());
        if (!bad || before.ended_by(channel.backend())) before.leave();
        return done;
    }
    before.leave();
    put_selected_name(s, *command.mailbox);
    s.user.condstore_enabled |= command.select.condstore;
    selection.backend = &channel.backend();
    selection.backend->set_selected(true);
    s.user.selection = std::move(selection);
    s.user.state = State::selected;
    service::scoreboard::set_mailbox(command.mailbox->internal());
    return done;
}

Result<Completion> relay_close(ImapSession& s, Command& command, backend::Backend&)
{
    TRY(s.reader.end_of_line());
    // CLOSE must reach the messages that this session marked; UNSELECT changes nothing.
    if (!ensure_selection(s)) return say_bye_lost(s);
    backend::Backend& backend = *s.remote()->backend;
    RelayChannel channel(s, backend);
    channel.verb(command.name);
    auto answer = channel.finish();
    if (!answer) return channel.failed(answer.error());
    // NO says that nothing was expunged; there is no word for a mailbox that stays selected.
    if (answer->kind != Completion::Kind::bad) {
        backend.set_selected(false);
        s.forget_selection();
    }
    return (*std::move(answer)).completion();
}

}  // namespace rookery::imapd::commands
