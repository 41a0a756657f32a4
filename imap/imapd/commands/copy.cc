// COPY, MOVE and their UID forms from a mailbox that is selected here (RFC 3501 6.4.7, 4315, 6851).
#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/remote_copy.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/selected/message_set.h"
#include "imap/imapd/selected/progress.h"
#include "imap/imapd/selected/updates.h"

namespace rookery::imapd::commands {
namespace {

using model::Rights;

struct Parsed {
    model::SequenceSet set;
    std::string external;
};

Result<Parsed> parse(CommandReader& reader)
{
    Parsed p;
    TRY(reader.space());
    TRY_ASSIGN(p.set, reader.message_set());
    TRY(reader.space());
    TRY_ASSIGN(p.external, reader.mailbox());
    TRY(reader.end_of_line());
    return p;
}

// The destination's entry, or the answer why there is none.
Result<Placed> destination(ImapSession& session, const std::string& external)
{
    TRY_ASSIGN(const model::MailboxName name, session.user.names->to_internal(external));
    TRY_ASSIGN(Placed placed, place(session, name));
    if (!placed.entry) return Error{Code::not_found, "Mailbox does not exist"};
    if (!placed.is_here()) return placed;
    TRY(require(session, *placed.entry, Rights::insert));
    TRY(require_settled(*placed.entry));
    return placed;
}

// What moves within one quota root adds nothing to it, but what others have expunged.
Status fits_in(ImapSession& session, const mailbox::Mailbox& mailbox,
               std::span<const uint32_t> messages, const model::MailboxEntry& target, bool move)
{
    const bool stays = move && share_quota(session, mailbox.entry().name, target.name);
    mailbox::QuotaUsage more;
    for (uint32_t n : messages) {
        const mailbox::MessageInfo info = mailbox.message(n);
        if (stays && !info.expunged) continue;
        more.bytes += info.size;
        more.messages++;
    }
    if (more.messages == 0) return success();
    return require_quota(session, target.name, more);
}

// All are copied or none; so the client is told which one is in the way.
std::optional<Error> first_damaged(mailbox::Mailbox& mailbox, std::span<const uint32_t> messages)
{
    for (uint32_t n : messages)
        if (auto content = mailbox.content(n); content.is(Code::corrupt)) return content.error();
    return std::nullopt;
}

Result<Completion> copy_here(ImapSession& session, LocalSelection& selection,
                             std::span<const uint32_t> messages, const model::MailboxEntry& target,
                             bool move, std::string_view tag)
{
    mailbox::Mailbox& mailbox = *selection.mailbox;
    TRY(fits_in(session, mailbox, messages, target, move));
    const std::string& user = session.user.identity->userid;
    Progress progress(session.client, tag);
    mailbox.tell_progress(
        [&](uint64_t done, uint64_t goal) { progress.step_under_lock(done, goal); });
    const auto settable = model::settable_flags(rights_on(session, target));
    const auto copied = move ? mailbox.move_to(target, user, messages, settable)
                             : mailbox.copy_to(target, user, messages, settable);
    mailbox.tell_progress(nullptr);
    if (copied.is(Code::not_found) && session.store->has(target))
        return Completion::no("[EXPUNGEISSUED] Some messages no longer exist");
    if (copied.is(Code::corrupt))
        if (auto damaged = first_damaged(mailbox, messages))
            return Completion::no("[CORRUPTION] " + damaged->text);
    if (!copied) return no_target(copied.error());
    note_own(session, target.name, copied->uids);
    const std::string code = cat("[COPYUID ", copied->uidvalidity, ' ', uid_set(mailbox, messages),
                                 ' ', number_set(copied->uids), ']');
    if (!move) return Completion::ok(code + " Completed");
    session.client.put("* OK ", code, " Completed\r\n");
    return gone_and_told(session);
}

}  // namespace

// Those too that others have expunged, while their files stand (RFC 2180 4.4.2): all or none.
Result<Completion> copy(ImapSession& session, Command& command)
{
    TRY_ASSIGN(auto parsed, parse(session.reader));
    LocalSelection* selection = session.local();
    TRY(selected_with(session, Rights::read));
    const mailbox::Mailbox& mailbox = *selection->mailbox;
    TRY_ASSIGN(const auto messages,
               messages_of(mailbox, std::move(parsed.set), command.by_uid, selection->saved));

    const bool move = command.spec->traits.variant == Variant::moves;
    if (move && selection->read_only) return Completion::no("[READ-ONLY] Mailbox is read-only");
    if (move && !selection->rights.has(Rights::delete_message | Rights::expunge))
        return Completion::no("[NOPERM] Permission denied");

    const auto placed = destination(session, parsed.external);
    if (!placed) return no_target(placed.error());
    if (messages.empty()) return Completion::ok();
    if (!placed->is_here())
        return copy_to_remote(session, command, *selection, messages, *placed->entry,
                              parsed.external, move);
    return copy_here(session, *selection, messages, *placed->entry, move, command.tag);
}

}  // namespace rookery::imapd::commands
