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
    AtSelection there(s, command, channel);
    CatenateHere catenate(s, channel);
    if (auto read = channel.client_arguments(); !read)
        return there.instead() ? *there.instead() : catenate.failed(read.error());
    Outcome outcome = there.finish();
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
    uint32_t uid = 0;
    if (auto over = uid_at_source(s, command, number, uid)) return *over;
    if (uid == 0) return Completion::no("[EXPUNGEISSUED] No such message");
    // It may have gone the same way, and nobody had said so.
    if (placed->server == s.remote()->backend->server()) return on_one_server(s, command, number);
    Completion done = Completion::from(
        placed->is_here() ? append_here(s, command)
                          : Result<Completion>(append_there(s, command, placed->server)));
    if (done.kind != Completion::Kind::ok || s.remote() == nullptr) return done;
    return remove_from_source(s, cat(uid), cat("* OK ", done.text, "\r\n"));
}

}  // namespace rookery::imapd::commands
