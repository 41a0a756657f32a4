// SELECT and EXAMINE of a mailbox that is here (RFC 3501 6.3.1, 6.3.2;
// 7162).
#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/responder.h"
#include "imap/imapd/selected/leave_selection.h"
#include "imap/imapd/selected/permanent_flags.h"
#include "imap/imapd/selected/updates.h"
#include "lib/service/scoreboard.h"

namespace rookery::imapd::commands {
namespace {

using model::Rights;

// RFC 4314 5.2: read-write if the user may change anything that stays.
constexpr Rights kChanging =
    Rights::insert | Rights::expunge | Rights::write | Rights::seen | Rights::delete_message;

Status open(ImapSession& session, const model::MailboxEntry& entry, bool examine,
            LocalSelection& selection)
{
    TRY(require(session, entry, Rights::read));
    selection.rights = rights_on(session, entry);
    selection.read_only = examine || !selection.rights.has_any(kChanging);
    const auto mode =
        selection.read_only ? mailbox::OpenMode::read_only : mailbox::OpenMode::read_write;
    TRY_ASSIGN(selection.mailbox, session.store->open(entry, session.user.identity->userid, mode));
    return success();
}

void put_state(ImapSession& session, LocalSelection& selection)
{
    const mailbox::Mailbox& mailbox = *selection.mailbox;
    stream::Stream& out = session.client;
    const Modes& modes = session.user.modes;
    out.put("* ", mailbox.exists(), " EXISTS\r\n");
    if (!modes.rev2_messages) out.put("* ", mailbox.recent(), " RECENT\r\n");
    put_flag_lines(session, selection);
    const uint32_t unseen = mailbox.first_unseen();
    if (unseen != 0 && !modes.uid_only && !modes.rev2_messages)
        out.put("* OK [UNSEEN ", unseen, "] Ok\r\n");
    out.put("* OK [UIDVALIDITY ", mailbox.uidvalidity(), "] Ok\r\n* OK [UIDNEXT ",
            mailbox.uidnext(), "] Ok\r\n");
    if (mailbox.highestmodseq() != 0)
        out.put("* OK [HIGHESTMODSEQ ", mailbox.highestmodseq(), "] Ok\r\n");
    if (!mailbox.entry().uniqueid.empty())
        out.put("* OK [MAILBOXID (", mailbox.entry().uniqueid, ")] Ok\r\n");
    put_selected_name(session, mailbox.entry().name);
}

// RFC 9208 does not ask for it; clients show an ALERT to their user.
void warn_of_quota(ImapSession& session, const model::MailboxName& name)
{
    if (session.quotas == nullptr) return;
    auto root = session.quotas->root_of(name);
    if (!root) return;
    auto quota = session.quotas->get(*root);
    if (!quota) return;
    const auto& config = session.config;
    auto warn = [&](mailbox::Resource resource, int64_t left_at_least) {
        const auto& limit = quota->limits[resource];
        if (!limit) return;
        const uint64_t used = quota->used.of(resource);
        const auto percent = static_cast<uint64_t>(config.quotawarnpercent());
        const bool few_left = used + static_cast<uint64_t>(left_at_least) > *limit;
        if (used * 100 < *limit * percent && !(left_at_least > 0 && few_left)) return;
        if (used >= *limit)
            session.client.put("* NO [ALERT] Mailbox is over quota\r\n");
        else
            session.client.put("* NO [ALERT] Mailbox is at ", used * 100 / *limit,
                               "% of quota\r\n");
    };
    warn(mailbox::Resource::storage, config.quotawarnsize());
    warn(mailbox::Resource::message, config.quotawarnmsg());
}

void put_changes(ImapSession& session, Resync resync)
{
    const mailbox::Mailbox& mailbox = *session.local()->mailbox;
    if (resync.uidvalidity != mailbox.uidvalidity()) return;
    model::SequenceSet gone = mailbox.vanished_since(resync.modseq);
    if (resync.known) {
        resync.known->resolve(mailbox.uidnext() - 1);
        gone.intersect(*resync.known);
    }
    if (!gone.empty()) session.client.put("* VANISHED (EARLIER) ", gone.to_string(), "\r\n");
    for (uint32_t n = 1; n <= mailbox.exists(); n++) {
        const auto info = mailbox.message(n);
        if (info.modseq <= resync.modseq) continue;
        if (!resync.known || resync.known->contains(info.uid)) put_flags(session, n);
    }
}

}  // namespace

Result<Completion> select(ImapSession& session, Command& command)
{
    const SelectParameters& asked = command.select;
    session.user.condstore_enabled |= asked.condstore;
    leave_aside(session);
    LocalSelection selection;
    TRY(open(session, *command.entry, command.spec->traits.variant == Variant::read_only,
             selection));
    put_state(session, selection);
    if (selection.rights.has(Rights::insert)) warn_of_quota(session, command.entry->name);
    const bool read_only = selection.read_only;
    session.user.selection = std::move(selection);
    session.user.state = State::selected;
    if (asked.qresync) put_changes(session, *asked.qresync);
    service::scoreboard::set_mailbox(command.entry->name.internal());
    return Completion::ok(read_only ? "[READ-ONLY] Completed" : "[READ-WRITE] Completed");
}

}  // namespace rookery::imapd::commands
