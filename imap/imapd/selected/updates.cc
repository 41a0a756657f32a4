#include "imap/imapd/selected/updates.h"

#include <algorithm>
#include <utility>

#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/selected/fetch_render.h"
#include "imap/imapd/selected/follow.h"
#include "imap/imapd/selected/message_set.h"
#include "imap/imapd/selected/permanent_flags.h"

namespace rookery::imapd {
namespace {

using model::Rights;

// False where the name is gone from the list, or another mailbox's, or the mailbox is in another
// partition. What the list says of that name says nothing of the mailbox that is open then.
Result<bool> read_rights(const ImapSession& session, LocalSelection& selection)
{
    const model::MailboxEntry& opened = selection.mailbox->entry();
    auto entry = session.directory.lookup(opened.name);
    if (entry.is(Code::not_found)) return false;
    if (!entry) return std::move(entry).error();
    const bool both_known = !opened.uniqueid.empty() && !entry->uniqueid.empty();
    if (both_known && opened.uniqueid != entry->uniqueid) return false;
    selection.rights = rights_on(session, *entry);
    return !entry->is_local() || entry->partition == opened.partition;
}

// The view brought up to date, wherever its mailbox is now. Nothing while that is being changed.
Result<mailbox::Changes> look(ImapSession& session, LocalSelection& selection, bool may_expunge)
{
    selection.in_change = false;
    auto changes = selection.mailbox->refresh(may_expunge);
    if (!changes.is(Code::not_found)) return changes;
    TRY(follow_selection(session, selection));
    if (selection.in_change) return mailbox::Changes();
    return selection.mailbox->refresh(may_expunge);
}

}  // namespace

Result<LocalSelection*> selected_with(ImapSession& session, Rights needed)
{
    LocalSelection* selection = session.local();
    if (selection == nullptr) return Error{Code::syntax, "Please select a mailbox first"};
    TRY_ASSIGN(const bool in_place, read_rights(session, *selection));
    if (!in_place) TRY(follow_selection(session, *selection));
    if (!selection->rights.has(needed)) return Error{Code::denied, "Permission denied"};
    return selection;
}

void put_flags(ImapSession& session, uint32_t sequence, FlagsLine what)
{
    mailbox::Mailbox& mailbox = *session.local()->mailbox;
    const mailbox::MessageInfo info = mailbox.message(sequence);
    if (what.flags) mailbox.told(sequence, info.modseq);
    std::string items;
    const Modes& modes = session.user.modes;
    if (what.flags)
        items = cat("FLAGS ", wire_flags(info, mailbox.keywords(), !modes.rev2_messages));
    if ((what.uid && !modes.uid_only) || session.user.qresync_enabled || modes.rev2_messages)
        cat_to(items, items.empty() ? "" : " ", "UID ", info.uid);
    if (session.user.condstore_enabled)
        cat_to(items, items.empty() ? "" : " ", "MODSEQ (", info.modseq, ')');
    session.client.put(fetch_head(sequence, info.uid, modes.uid_only), items, ")\r\n");
}

void note_own(ImapSession& session, const model::MailboxName& mailbox,
              std::span<const uint32_t> uids)
{
    const LocalSelection* selection = session.local();
    if (!session.user.events.fetch || selection == nullptr) return;
    if (selection->mailbox->entry().name != mailbox) return;
    session.user.events.own.insert(session.user.events.own.end(), uids.begin(), uids.end());
}

namespace {

// FETCH of messages that have come (RFC 5465 5.2).
Status put_new(ImapSession& session, mailbox::Mailbox& mailbox, uint32_t first_uid,
               const FetchForm& form)
{
    std::vector<uint32_t> own = std::exchange(session.user.events.own, {});
    std::sort(own.begin(), own.end());
    for (uint32_t n = first_from(mailbox, first_uid); n <= mailbox.exists(); ++n) {
        if (std::binary_search(own.begin(), own.end(), mailbox.uid(n))) continue;
        const auto sent = put_fetch(session.client, mailbox, n, *session.user.events.fetch, form);
        if (!sent && !sent.is(Code::not_found)) return sent.error();
        TRY(session.client.status());
    }
    return success();
}

}  // namespace

Status send_updates(ImapSession& session, bool may_expunge, Telling telling)
{
    LocalSelection* selection = session.local();
    if (selection == nullptr) return success();
    TRY_ASSIGN(const bool known, read_rights(session, *selection));
    if (known && !selection->rights.has(Rights::read)) return success();
    mailbox::Mailbox& mailbox = *selection->mailbox;
    const SelectedEvents& wanted = session.user.events;
    if (known && !wanted.messages && telling == Telling::as_wanted) return success();
    const uint32_t first_new = mailbox.uidnext();
    TRY_ASSIGN(const mailbox::Changes changes, look(session, *selection, may_expunge));
    stream::Stream& out = session.client;
    selection->updates.tell_expunged(out, changes);
    if (session.user.wants_vanished() && !changes.expunged_uids.empty())
        out.put("* VANISHED ", number_set(changes.expunged_uids), "\r\n");
    else
        for (uint32_t n : changes.expunged) out.put("* ", n, " EXPUNGE\r\n");
    if (changes.exists_changed) out.put("* ", mailbox.exists(), " EXISTS\r\n");
    if (changes.recent_changed && !session.user.modes.rev2_messages)
        out.put("* ", mailbox.recent(), " RECENT\r\n");
    tell_keywords(session, *selection);
    if (wanted.flags || telling == Telling::all)
        for (uint32_t n : changes.flags) put_flags(session, n, {.uid = wanted.at_once});
    const FetchForm form{.condstore = session.user.condstore_enabled,
                         .uid_only = session.user.modes.uid_only,
                         .rev2 = session.user.modes.rev2_messages};
    if (wanted.fetch && changes.exists_changed) TRY(put_new(session, mailbox, first_new, form));
    TRY(selection->updates.tell_changed(out, mailbox, changes, form));
    // RFC 7162 3.2: modseqs of flags may be ahead of what is not told yet.
    if (session.user.condstore_enabled && mailbox.expunge_waits())
        out.put("* OK [HIGHESTMODSEQ ", mailbox.highestmodseq(), "] Expunges wait\r\n");
    return success();
}

Status remove_copied(LocalSelection& selection, std::span<const uint32_t> sequences,
                     const model::SequenceSet& uids)
{
    const model::FlagList deleted{model::kDeleted, {}};
    TRY(selection.mailbox->store_flags(sequences, mailbox::FlagChange::add, deleted, nullptr));
    TRY(selection.mailbox->expunge(&uids));
    return success();
}

Result<Completion> gone_and_told(ImapSession& session)
{
    TRY(send_updates(session, true, Telling::all));
    const uint64_t modseq = session.local()->mailbox->highestmodseq();
    return Completion::ok(cat("[HIGHESTMODSEQ ", modseq, "] Completed"));
}

}  // namespace rookery::imapd
