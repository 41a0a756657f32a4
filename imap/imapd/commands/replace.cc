// REPLACE and UID REPLACE of a message in a mailbox that is selected here (RFC 8508): a new message
// comes, and when it is there the old one goes. Whatever ends in between, one of them is left.
#include <vector>

#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/catenate_here.h"
#include "imap/imapd/relay/remote_append.h"
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
    if (messages.empty() || mailbox.message(messages[0]).expunged)
        return Error{Code::not_found, "No such message"};
    return messages[0];
}

Result<Completion> append_here(ImapSession& s, const model::MailboxEntry& target,
                               const mailbox::QuotaUsage& freed)
{
    if (auto may = LocalAppend::check(s, target); !may) return no_target(may.error());
    std::vector<Incoming> messages;
    MessageParts parts(s, selected_name(s));
    if (auto failed = receive_message(s, target.partition, parts, messages))
        return *std::move(failed);
    TRY(s.reader.end_of_line());
    return append_all(s, target.name, messages, freed);
}

Result<Completion> append_there(ImapSession& s, const Placed& target, const std::string& external)
{
    if (s.backends == nullptr) return Error{Code::unavailable, {}};
    TRY_ASSIGN(backend::Backend * backend, s.backends->get(target.server));
    RelayChannel channel(s, *backend);
    begin_append(channel, external);
    CatenateHere catenate(s, channel);
    if (auto read = channel.client_arguments(); !read) return catenate.failed(read.error());
    auto answer = channel.finish();
    if (!answer) return channel.failed(answer.error());
    return (*std::move(answer)).completion();
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
    const mailbox::MessageInfo info = selection->mailbox->message(*sequence);
    model::SequenceSet uid;
    uid.add(info.uid);

    auto name = s.user.names->to_internal(target.mailbox);
    if (!name) return no_target(name.error());
    auto placed = place(s, *name);
    if (!placed) return no_target(placed.error());
    mailbox::QuotaUsage freed;
    if (placed->is_here() && share_quota(s, selection->mailbox->entry().name, placed->entry->name))
        freed = {info.size, 1, 0};
    TRY_ASSIGN(Completion done, placed->is_here() ? append_here(s, *placed->entry, freed)
                                                  : append_there(s, *placed, target.mailbox));
    if (done.kind != Completion::Kind::ok) return done;
    s.client.put("* OK ", done.text, "\r\n");
    TRY(remove_copied(*selection, {&*sequence, 1}, uid));
    return gone_and_told(s);
}

}  // namespace rookery::imapd::commands
