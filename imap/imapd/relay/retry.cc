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

SecondChance::SecondChance(ImapSession& session, const Command& command)
    : session_(session), command_(command), patience_(Deadline::after(kMoveWait))
{
}

backend::Backend* SecondChance::not_again(Completion instead)
{
    instead_ = std::move(instead);
    return nullptr;
}

backend::Backend* SecondChance::after(const Answer& answer, const RelayChannel& channel)
{
    if (!is_miss(session_, command_, answer)) return nullptr;
    const std::string was_at = channel.backend().server();
    if (!told_)
        log::warning("a mailbox is not where the list has it",
                     {{"mailbox", command_.mailbox->internal()}, {"server", was_at}});
    told_ = true;
    if (!session_.directory.catch_up()) return not_again(temporary());
    auto placed = place(session_, *command_.mailbox);
    if (!placed) return not_again(no_mailbox(command_, placed.error()));
    // The right to look it up was taken away meanwhile.
    if (!rights_on(session_, *placed->entry).has(model::Rights::lookup)) return nullptr;
    if (placed->is_here() || !channel.can_repeat()) return not_again(temporary());
    const bool stays = placed->server == was_at;
    // It has only begun to move, or it has moved further.
    if (stays || followed_) {
        if (!says_moved(answer) || !wait_a_moment(patience_)) return not_again(temporary());
    }
    followed_ = followed_ || !stays;
    auto backend = session_.backends->get(placed->server);
    if (!backend) return not_again(Completion::from(backend.error()));
    return *backend;
}

Outcome finish_at_mailbox(ImapSession& session, const Command& command, RelayChannel& channel)
{
    SecondChance chance(session, command);
    while (true) {
        auto answer = channel.finish();
        if (!answer) return Outcome::of(channel.failed(answer.error()));
        backend::Backend* next = chance.after(*answer, channel);
        if (next == nullptr && chance.instead()) return Outcome::of(*chance.instead());
        if (next == nullptr) return Outcome::of(*std::move(answer));
        const bool selects = command.spec->route == Route::to_select;
        if (selects && !prepare_select(session, *next)) return Outcome::of(cannot_be_selected());
        channel.rebind(*next);
    }
}

Outcome append_at_mailbox(ImapSession& session, const Command& command, backend::Backend& backend)
{
    RelayChannel channel(session, backend);
    begin_append(channel, command.external);
    SecondChance chance(session, command);
    channel.on_refusal([&](const Answer& answer) { return chance.after(answer, channel); });
    CatenateHere catenate(session, channel);
    if (auto read = channel.client_arguments(); !read)
        return Outcome::of(catenate.failed(read.error()));
    if (chance.instead()) return Outcome::of(*chance.instead());
    return finish_at_mailbox(session, command, channel);
}

Outcome finish_at_selection(ImapSession& session, const Command& command, RelayChannel& channel)
{
    const Deadline patience = Deadline::after(kMoveWait);
    for (bool replaced = false;; replaced = true) {
        auto answer = channel.finish();
        const bool refused = answer && says_moved(*answer);
        if (answer && !refused) return Outcome::of(*std::move(answer));
        if (refused) wait_for_farewell(session, patience);
        RemoteSelection* remote = session.remote();
        const bool can = remote != nullptr && channel.can_repeat() && session.client.ok();
        const bool moved = can && remote->moved;
        const bool lost = !answer && can && !replaced && remote->replaceable && !channel.heard();
        const bool stays = refused && can && !moved && !patience.passed();
        if (answer && !moved && !stays) return Outcome::of(*std::move(answer));
        if (!answer && !moved && !lost) return Outcome::of(channel.failed(answer.error()));
        if (!stays && !replace_selection(session)) return Outcome::of(say_bye_lost(session));
        if (auto later = release_held(session, command)) return Outcome::of(*later);
        channel.rebind(*session.remote()->backend);
    }
}

}  // namespace rookery::imapd
