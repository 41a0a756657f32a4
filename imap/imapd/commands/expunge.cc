// EXPUNGE (RFC 3501 6.4.3) and UID EXPUNGE (RFC 4315 2.1). The engine tells what went, before OK.
#include "imap/imapd/command_table.h"
#include "imap/imapd/selected/updates.h"

namespace rookery::imapd::commands {
namespace {

Result<model::SequenceSet> parse(CommandReader& reader, bool by_uid)
{
    model::SequenceSet set;
    if (by_uid) {
        TRY(reader.space());
        TRY_ASSIGN(set, reader.message_set());
    }
    TRY(reader.end_of_line());
    return set;
}

}  // namespace

Result<Completion> expunge(ImapSession& session, Command& command)
{
    TRY_ASSIGN(auto uids, parse(session.reader, command.by_uid));
    const auto selected = selected_with(session, model::Rights::read | model::Rights::expunge);
    const LocalSelection* selection = session.local();
    if (selection != nullptr && selection->read_only)
        return Completion::no("[READ-ONLY] Mailbox is read-only");
    if (!selected) return selected.error();
    mailbox::Mailbox& mailbox = *selection->mailbox;
    const uint32_t exists = mailbox.exists();
    if (uids.is_saved_result()) uids = selection->saved;
    uids.resolve(exists == 0 ? 0 : mailbox.uid(exists));
    TRY_ASSIGN(const auto gone, mailbox.expunge(command.by_uid ? &uids : nullptr));
    if (gone.empty()) return Completion::ok();
    return gone_and_told(session);
}

}  // namespace rookery::imapd::commands
