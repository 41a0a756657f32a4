// COPY and MOVE out of a mailbox on another server.
#include "imap/imapd/command_table.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/relay/relayed_search.h"
#include "imap/imapd/relay/remote_append.h"
#include "imap/imapd/relay/retry.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/relay/transfer.h"
#include "imap/imapd/selected/local_append.h"
#include "lib/base/strings.h"

namespace rookery::imapd::commands {
namespace {

bool is_move(const Command& command)
{
    return command.spec->traits.variant == Variant::moves;
}

Completion on_its_way()
{
    return Completion::no("[UNAVAILABLE] The destination is on its way to another server");
}

// none: the server is moving the mailbox or the destination away, and has done nothing.
std::optional<Completion> on_one_server(ImapSession& s, const Command& command,
                                        const std::string& set)
{
    backend::Backend& backend = *s.remote()->backend;
    if (is_move(command)) s.remote()->replaceable = false;
    RelayChannel channel(s, backend);
    channel.verb(command.name);
    channel.raw(cat(' ', set));
    channel.astring(command.external);
    channel.filter([&](backend::ReplyReader& replies, const backend::Reply& reply) -> Result<bool> {
        const auto told = progress_told(reply, command.tag);
        if (!told) return false;
        TRY(replies.copy_to(s.client, *told));
        return true;
    });
    auto answer = channel.finish();
    if (!answer) return channel.failed(answer.error());
    if (says_moved(*answer)) return std::nullopt;
    // The list has the destination there; its server does not: not the time to create it.
    if (is_miss(s, command, *answer)) return on_its_way();
    return (*std::move(answer)).completion();
}

// On a server that is a frontend too.
std::optional<Completion> to_here(ImapSession& s, const Command& command, const std::string& set)
{
    if (auto may = LocalAppend::check(s, *command.entry); !may) return no_target(may.error());
    auto here = [&](size_t) { return std::make_unique<LocalAppend>(s, *command.entry); };
    return transfer(s, command, set, here, is_move(command));
}

// What is copied is on another server; where it goes to may be on any.
std::optional<Completion> copy_to_where_it_is(ImapSession& s, Command& command,
                                              const std::string& set)
{
    auto placed = place(s, *command.mailbox);
    if (!placed) return no_target(placed.error());
    if (s.remote() == nullptr || !ensure_selection(s)) return say_bye_lost(s);
    if (auto refused = release_held(s, command)) return refused;
    command.entry = placed->entry;
    if (placed->server == s.remote()->backend->server()) return on_one_server(s, command, set);
    if (placed->is_here()) return to_here(s, command, set);
    auto target = s.backends->get(placed->server);
    if (!target) return Completion::from(target.error());
    auto there = [&](size_t messages) {
        return std::make_unique<RemoteAppend>(s, **target, command.external, messages);
    };
    return transfer(s, command, set, there, is_move(command));
}

}  // namespace

Result<Completion> relay_copy(ImapSession& s, Command& command, backend::Backend&)
{
    TRY(s.reader.space());
    TRY_ASSIGN(const model::SequenceSet parsed, s.reader.message_set());
    const std::string set = parsed.to_string();
    TRY(s.reader.space());
    TRY_ASSIGN(command.external, s.reader.mailbox());
    TRY(s.reader.end_of_line());
    auto name = s.user.names->to_internal(command.external);
    if (!name) return no_target(name.error());
    command.mailbox = *std::move(name);
    const Deadline patience = Deadline::after(kMoveWait);
    // Each try reads what is copied anew: longer and longer waits between them.
    for (unsigned moments = 1;; moments *= 2) {
        if (auto done = copy_to_where_it_is(s, command, set)) return *done;
        for (unsigned n = 0; n < moments && !patience.passed(); ++n) wait_for_farewell(s, patience);
        if (patience.passed()) return on_its_way();
        (void)s.directory.catch_up();
    }
}

}  // namespace rookery::imapd::commands
