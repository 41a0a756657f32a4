// REPLACE and UID REPLACE of a message in a mailbox that is selected here (RFC 8508): a new message
// comes, and the old one goes: both or neither within this server. Where the new one is at another,
// the old one goes when that has answered; whatever ends in between, one of them is left.
#include <vector>

#include "imap/imapd/command_table.h"
#include "imap/imapd/relay/retry.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/selected/incoming_message.h"
#include "imap/imapd/selected/message_set.h"
#include "imap/imapd/selected/replace_target.h"
#include "imap/imapd/selected/updates.h"

namespace rookery::imapd::commands {
namespace {

using model::Rights;

// The number of the message; the answer why it cannot be replaced.
Result<uint32_t> replaceable(const LocalSelection& selection, const Command& command,
                             const ReplaceTarget& target)
{
    const mailbox::Mailbox& mailbox = *selection.mailbox;
    TRY_ASSIGN(const auto messages, messages_of(mailbox, target.message, command.by_uid));
    if (messages.empty() || mailbox.is_expunged(messages[0]))
        return Error{Code::not_found, "No such message"};
    return messages[0];
}

// On this server: both, or neither.
Result<Completion> replace_here(ImapSession& s, const model::MailboxEntry& target,
                                const Replaced& replaced)
{
    if (auto may = LocalAppend::check(s, target); !may) return no_target(may.error());
    std::vector<Incoming> messages;
    MessageParts parts(s, selected_name(s));
    if (auto failed = receive_message(s, target.partition, parts, messages))
        return *std::move(failed);
    TRY(s.reader.end_of_line());
    auto done = append_all(s, target.name, messages, &replaced);
    if (done.is(Code::not_found) && s.store->has(target))
        return Completion::no("[EXPUNGEISSUED] No such message");
    return done;
}

Result<Completion> append_there(ImapSession& s, const Command& command, const std::string& server)
{
    if (s.backends == nullptr) return Error{Code::unavailable, {}};
    TRY_ASSIGN(backend::Backend * backend, s.backends->get(server));
    return append_at_mailbox(s, command, *backend).result();
}

}  // namespace

Result<Completion> replace(ImapSession& s, Command& command)
{
    TRY_ASSIGN(const ReplaceTarget target, parse_replace_target(s.reader));
    LocalSelection* selection = s.local();
    TRY(selected_with(s, Rights::read));
    if (selection->read_only) return Completion::no("[READ-ONLY] Mailbox is read-only");
    if (!selection->rights.has(Rights::delete_message | Rights::expunge))
        return Completion::no("[NOPERM] Permission denied");
    auto sequence = replaceable(*selection, command, target);
    if (sequence.is(Code::not_found)) return Completion::no("[EXPUNGEISSUED] No such message");
    if (!sequence) return sequence.error();
    model::SequenceSet uid;
    uid.add(selection->mailbox->uid(*sequence));

    auto name = s.user.names->to_internal(target.mailbox);
    if (!name) return no_target(name.error());
    auto placed = place(s, *name);
    if (!placed) return no_target(placed.error());
    const bool is_here = placed->is_here();
    command.external = target.mailbox;
    command.mailbox = *std::move(name);
    command.entry = placed->entry;
    const Replaced replaced{*selection->mailbox, *sequence};
    TRY_ASSIGN(Completion done, is_here ? replace_here(s, *placed->entry, replaced)
                                        : append_there(s, command, placed->server));
    if (done.kind != Completion::Kind::ok) return done;
    s.client.put("* OK ", done.text, "\r\n");
    if (!is_here) TRY(remove_copied(*selection, {&*sequence, 1}, uid));
    return gone_and_told(s);
}

}  // namespace rookery::imapd::commands
