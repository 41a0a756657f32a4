#include "imap/imapd/relay/retry.h"

#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/router.h"
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

Outcome finish_at_mailbox(ImapSession& session, const Command& command, RelayChannel& channel)
{
    auto answer = channel.finish();
    if (!answer) return Outcome::of(channel.failed(answer.error()));
    if (!is_miss(session, command, *answer)) return Outcome::of(*std::move(answer));
    const std::string was_at = channel.backend().server();
    log::warning("a mailbox is not where the list has it",
                 {{"mailbox", command.mailbox->internal()}, {"server", was_at}});
    if (!session.directory.catch_up()) return Outcome::of(temporary());
    auto placed = place(session, *command.mailbox);
    if (!placed) return Outcome::of(no_mailbox(command, placed.error()));
    // The right to look it up was taken away meanwhile.
    if (!rights_on(session, *placed->entry).has(model::Rights::lookup))
        return Outcome::of(*std::move(answer));
    if (placed->is_here() || placed->server == was_at || !channel.can_repeat())
        return Outcome::of(temporary());
    auto backend = session.backends->get(placed->server);
    if (!backend) return Outcome::of(Completion::from(backend.error()));
    channel.rebind(**backend);
    answer = channel.finish();
    if (!answer) return Outcome::of(channel.failed(answer.error()));
    if (is_miss(session, command, *answer)) return Outcome::of(temporary());
    return Outcome::of(*std::move(answer));
}

}  // namespace rookery::imapd
