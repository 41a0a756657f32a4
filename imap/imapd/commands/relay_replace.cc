// REPLACE in a mailbox that is selected on another server. The new message goes where its mailbox
// is; if that is not the same server, the old one is removed when that one has answered OK.
#include "imap/imapd/command_table.h"
#include "imap/imapd/relay/catenate_here.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/relay/retry.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/relay/transfer.h"
#include "imap/imapd/selected/incoming_message.h"
#include "imap/imapd/selected/replace_target.h"

namespace rookery::imapd::commands {
namespace {

Completion on_one_server(ImapSession& s, const Command& command, const std::string& message)
{
    s.remote()->replaceable = false;
    RelayChannel channel(s, *s.remote()->backend);
    channel.verb(command.name);
    channel.raw(cat(' ', message));
    channel.astring(command.external);
    const Deadline patience = Deadline::after(kMoveWait);
    channel.on_refusal([&](const Answer& answer) {
        const bool again = says_moved(answer) && wait_a_moment(patience);
        return again ? &channel.backend() : nullptr;
    });
    CatenateHere catenate(s, channel);
    if (auto read = channel.client_arguments(); !read) return catenate.failed(read.error());
    Outcome outcome = finish_at_selection(s, command, channel);
    if (outcome.answered && is_miss(s, command, outcome.answer))
        return Completion::no("[UNAVAILABLE] The destination is on its way to another server");
    return std::move(outcome).result();
}

Completion append_there(ImapSession& s, const Command& command, const std::string& server)
{
    auto backend = s.backends->get(server);
    if (!backend) return Completion::from(backend.error());
    return append_at_mailbox(s, command, **backend).result();
}

// On a server that is a frontend too.
Result<Completion> append_here(ImapSession& s, const Command& command)
{
    if (auto may = LocalAppend::check(s, *command.entry); !may) return no_target(may.error());
    std::vector<Incoming> messages;
    MessageParts parts(s, selected_name(s));
    if (auto failed = receive_message(s, command.entry->partition, parts, messages))
        return *std::move(failed);
    TRY(s.reader.end_of_line());
    return append_all(s, *command.mailbox, messages);
}

}  // namespace

Result<Completion> relay_replace(ImapSession& s, Command& command, backend::Backend&)
{
    TRY_ASSIGN(const ReplaceTarget target, parse_replace_target(s.reader));
    command.external = target.mailbox;
    const std::string number = target.message.to_string();
    auto name = s.user.names->to_internal(command.external);
    if (!name) return no_target(name.error());
    command.mailbox = *std::move(name);
    auto placed = place(s, *command.mailbox);
    if (!placed) return no_target(placed.error());
    if (!ensure_selection(s)) return say_bye_lost(s);
    if (auto refused = release_held(s, command)) return *refused;
    command.entry = placed->entry;
    if (placed->server == s.remote()->backend->server()) return on_one_server(s, command, number);

    if (auto refused = may_remove_from_source(s)) return *refused;
    const auto uid = uid_at_source(s, command, number);
    if (!uid) return uid.error();
    if (*uid == 0) return Completion::no("[EXPUNGEISSUED] No such message");
    Completion done = Completion::from(
        placed->is_here() ? append_here(s, command)
                          : Result<Completion>(append_there(s, command, placed->server)));
    if (done.kind != Completion::Kind::ok || s.remote() == nullptr) return done;
    return remove_from_source(s, cat(*uid), cat("* OK ", done.text, "\r\n"));
}

}  // namespace rookery::imapd::commands
