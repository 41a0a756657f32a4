#include "imap/imapd/relay/retry.h"

#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/catenate_here.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/relay/remote_append.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/relay/selection.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

bool contains_nocase(std::string_view text, std::string_view wanted)
{
    return to_lower(text).find(to_lower(wanted)) != std::string::npos;
}

Completion temporary()
{
    return Completion::no(
        "[UNAVAILABLE] The mailbox is on its way to another server; try again later");
}

}  // namespace

bool says_moved(const Answer& answer)
{
    return answer.kind == Completion::Kind::no &&
           contains_nocase(answer.text, "has been moved to another server");
}

bool is_miss(const ImapSession& session, const Command& command, const Answer& answer)
{
    if (answer.kind != Completion::Kind::no || !command.entry) return false;
    const auto code = text::response_code(answer.text);
    bool said =
        (code && (code->is("NONEXISTENT") || code->is("TRYCREATE") || code->is("REFERRAL"))) ||
        contains_nocase(answer.text, "mailbox does not exist") || says_moved(answer);
    // Who may not look a mailbox up is told the same, and it is the truth for him.
    return said && rights_on(session, *command.entry).has(model::Rights::lookup);
}

SaidAgain::SaidAgain(ImapSession& session, const Command& command, RelayChannel& channel)
    : session_(session), command_(command), channel_(channel)
{
    channel.on_refusal([this](const Result<Answer>& answer) { return again(answer); });
}

const Deadline& SaidAgain::patience()
{
    if (!patience_) patience_ = Deadline::after(kMoveWait);
    return *patience_;
}

backend::Backend* SaidAgain::not_again(Completion instead)
{
    instead_ = std::move(instead);
    return nullptr;
}

Completion SaidAgain::failed(const Error& error)
{
    return instead_ ? *instead_ : channel_.failed(error);
}

Outcome SaidAgain::finish()
{
    // The client may have taken its time for a large literal.
    patience_.reset();
    while (!instead_) {
        auto answer = channel_.finish();
        if (backend::Backend* next = again(answer))
            channel_.rebind(*next);
        else if (!instead_)
            return answer ? Outcome::of(*std::move(answer))
                          : Outcome::of(channel_.failed(answer.error()));
    }
    return Outcome::of(*instead_);
}

// The server that had the selected mailbox says that it has moved, in place of any answer.
bool AtMailbox::says_farewell() const
{
    const RemoteSelection* remote = session_.remote();
    return remote != nullptr && remote->backend == &channel_.backend() && remote->moved &&
           session_.client.ok();
}

backend::Backend* AtMailbox::again(const Result<Answer>& answer)
{
    const bool missed = answer && is_miss(session_, command_, *answer);
    if (!missed && (answer || !says_farewell())) return nullptr;
    const std::string was_at = channel_.backend().server();
    if (!told_)
        log::warning("a mailbox is not where the list has it",
                     {{"mailbox", command_.mailbox->internal()}, {"server", was_at}});
    told_ = true;
    if (!session_.directory.catch_up()) return not_again(temporary());
    auto placed = place(session_, *command_.mailbox);
    if (!placed) return not_again(no_mailbox(command_, placed.error()));
    // The right to look it up was taken away meanwhile.
    if (!rights_on(session_, *placed->entry).has(model::Rights::lookup))
        return answer ? nullptr : not_again(temporary());
    if (placed->is_here() || !channel_.can_repeat()) return not_again(temporary());
    const bool stays = placed->server == was_at;
    // It has only begun to move, or it has moved further, of which nothing may be left here.
    if (stays && missed && !says_moved(*answer)) return not_again(temporary());
    if ((stays || followed_) && !wait_a_moment(patience())) return not_again(temporary());
    followed_ = followed_ || !stays;
    return connection_to(placed->server);
}

backend::Backend* AtMailbox::connection_to(const std::string& server)
{
    RemoteSelection* remote = session_.remote();
    if (remote != nullptr && remote->backend->server() == server && !ensure_selection(session_))
        return not_again(say_bye_lost(session_));
    auto backend = session_.backends->get(server);
    if (!backend) return not_again(Completion::from(backend.error()));
    const bool selects = command_.spec->route == Route::to_select;
    if (selects && !prepare_select(session_, **backend)) return not_again(cannot_be_selected());
    return *backend;
}

backend::Backend* AtSelection::again(const Result<Answer>& answer)
{
    const bool refused = answer && says_moved(*answer);
    // The destination of a REPLACE may have gone with the mailbox.
    if (answer && !refused && !is_miss(session_, command_, *answer)) return nullptr;
    if (answer) wait_for_farewell(session_, patience());
    RemoteSelection* remote = session_.remote();
    const bool can = remote != nullptr && channel_.can_repeat() && session_.client.ok();
    const bool moved = can && remote->moved;
    const bool lost = !answer && can && !replaced_ && remote->replaceable && !channel_.heard();
    const bool stays = refused && can && !moved && !patience().passed();
    if (!moved && !lost && !stays) return nullptr;
    if (!stays && !replace_selection(session_, Expunges::wait))
        return not_again(say_bye_lost(session_));
    if (auto later = release_held(session_, command_)) return not_again(*later);
    replaced_ = true;
    return session_.remote()->backend;
}

Outcome finish_at_mailbox(ImapSession& session, const Command& command, RelayChannel& channel)
{
    return AtMailbox(session, command, channel).finish();
}

Outcome finish_at_selection(ImapSession& session, const Command& command, RelayChannel& channel)
{
    return AtSelection(session, command, channel).finish();
}

Outcome append_at_mailbox(ImapSession& session, const Command& command, backend::Backend& backend)
{
    RelayChannel channel(session, backend);
    begin_append(channel, command.external);
    AtMailbox append(session, command, channel);
    CatenateHere catenate(session, channel);
    if (auto read = channel.client_arguments(); !read)
        return Outcome::of(append.instead() ? *append.instead() : catenate.failed(read.error()));
    return append.finish();
}

}  // namespace rookery::imapd
