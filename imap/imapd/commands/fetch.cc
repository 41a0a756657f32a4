// FETCH and UID FETCH (RFC 3501 6.4.5, 6.4.8; 7162).
#include "imap/imapd/selected/fetch_parse.h"

#include <algorithm>

#include "imap/imapd/command_table.h"
#include "imap/imapd/selected/back_fill.h"
#include "imap/imapd/selected/fetch_render.h"
#include "imap/imapd/selected/mailbox_ids.h"
#include "imap/imapd/selected/message_set.h"
#include "imap/imapd/selected/partial_range.h"
#include "imap/imapd/selected/updates.h"

namespace rookery::imapd::commands {
namespace {

// \Seen is made durable for so many messages at a time, before they are sent.
constexpr size_t kBatch = 64;

struct Parsed {
    model::SequenceSet set;
    FetchRequest request;
    std::optional<uint64_t> changed_since;
    std::optional<PartialRange> partial;
    bool vanished = false;
};

// fetch-modifiers (RFC 4466, 7162 3.1.4.1, 3.2.6, 9394 3.3), if there are any; in front of them
// that of PREVIEW, if nothing else is asked for.
Status modifiers(CommandReader& reader, Parsed& p)
{
    TRY_ASSIGN(const bool there, reader.accept(' '));
    if (!there) return success();
    TRY(reader.expect('('));
    FetchItem& first = p.request.items.front();
    for (;;) {
        TRY_ASSIGN(const std::string name, reader.attribute());
        if (name == kLazy && first.kind == FetchItem::Kind::preview && !p.request.in_list) {
            first.lazy = true;
            TRY(reader.expect(')'));
            p.request.in_list = true;  // one of these only
            return modifiers(reader, p);
        }
        if (name == "CHANGEDSINCE") {
            TRY(reader.space());
            TRY_ASSIGN(p.changed_since, reader.number64());
        } else if (name == "PARTIAL" && !p.partial) {
            TRY(reader.space());
            TRY_ASSIGN(p.partial, parse_partial_range(reader));
        } else if (name == "VANISHED") {
            p.vanished = true;
        } else {
            return Error{Code::syntax, "Unknown FETCH modifier"};
        }
        TRY_ASSIGN(const bool more, reader.accept(' '));
        if (!more) return reader.expect(')');
    }
}

// tells_uid: each response has the UID, asked for or not.
Result<Parsed> parse(CommandReader& reader, bool by_uid, bool tells_uid)
{
    Parsed p;
    TRY(reader.space());
    TRY_ASSIGN(p.set, reader.message_set());
    TRY(reader.space());
    TRY_ASSIGN(p.request, parse_fetch(reader));
    TRY(modifiers(reader, p));
    TRY(reader.end_of_line());
    if (p.vanished && (!by_uid || !p.changed_since))
        return Error{Code::syntax, "VANISHED is for UID FETCH with CHANGEDSINCE"};
    if (p.partial && !by_uid) return Error{Code::syntax, "PARTIAL is for UID FETCH"};
    if (p.changed_since && !p.request.has(FetchItem::Kind::modseq)) {
        FetchItem modseq;
        modseq.kind = FetchItem::Kind::modseq;
        p.request.items.push_back(std::move(modseq));
    }
    if (tells_uid && !p.request.has(FetchItem::Kind::uid)) {
        FetchItem uid;
        uid.kind = FetchItem::Kind::uid;
        p.request.items.insert(p.request.items.begin(), std::move(uid));
    }
    return p;
}

// Which of them get \Seen by being read, sorted.
std::vector<uint32_t> newly_seen(const LocalSelection& selection, std::span<const uint32_t> batch)
{
    std::vector<uint32_t> out;
    for (uint32_t n : batch) {
        const auto info = selection.mailbox->message(n);
        if (!info.expunged && (info.system_flags & model::kSeen) == 0) out.push_back(n);
    }
    return out;
}

// What went since then, of the UIDs that are asked about.
void put_vanished(ImapSession& session, const LocalSelection& selection, const Parsed& p)
{
    const mailbox::Mailbox& mailbox = *selection.mailbox;
    model::SequenceSet asked = p.set.is_saved_result() ? selection.saved : p.set;
    asked.resolve(mailbox.uidnext() - 1);
    model::SequenceSet gone = mailbox.vanished_since(*p.changed_since);
    gone.intersect(asked);
    if (!gone.empty()) session.client.put("* VANISHED (EARLIER) ", gone.to_string(), "\r\n");
}

struct Sent {
    bool missed = false;   // a message was not there any more
    bool damaged = false;  // of one not all could be sent
    bool undecodable = false;
};

Status send_batch(ImapSession& session, LocalSelection& selection, std::span<const uint32_t> batch,
                  const FetchRequest& request, const MailboxIds& mailbox_ids, Sent& all)
{
    std::vector<uint32_t> seen;
    if (request.sets_seen() && !selection.read_only && selection.rights.has(model::Rights::seen)) {
        seen = newly_seen(selection, batch);
        if (!seen.empty()) TRY(selection.mailbox->mark_seen(seen));
        selection.updates.changed(*selection.mailbox, seen);
    }
    // Others' changes that are told here are not told again; a search that is followed sees them.
    if (!selection.updates.empty() && request.has(FetchItem::Kind::flags))
        for (const uint32_t& n : batch)
            if (selection.mailbox->message(n).modseq > selection.mailbox->highestmodseq())
                selection.updates.changed(*selection.mailbox, {&n, 1});
    for (uint32_t n : batch) {
        const FetchForm form{.with_flags = std::binary_search(seen.begin(), seen.end(), n),
                             .condstore = session.user.condstore_enabled,
                             .uid_only = session.user.modes.uid_only,
                             .rev2 = session.user.modes.rev2_messages,
                             .mailbox_ids = &mailbox_ids};
        const auto sent = put_fetch(session.client, *selection.mailbox, n, request, form);
        if (!sent && !sent.is(Code::not_found)) return sent.error();
        all.missed = all.missed || !sent;
        all.damaged = all.damaged || (sent && *sent == Fetched::damaged);
        all.undecodable = all.undecodable || (sent && *sent == Fetched::undecodable);
        TRY(session.client.status());
    }
    return success();
}

}  // namespace

Result<Completion> fetch(ImapSession& session, Command& command)
{
    // UIDFETCH begins with it (RFC 9586 3.3).
    const bool tells_uid = command.by_uid && !session.user.modes.uid_only;
    TRY_ASSIGN(auto parsed, parse(session.reader, command.by_uid, tells_uid));
    TRY_ASSIGN(const auto selection, selected_with(session, model::Rights::read));
    mailbox::Mailbox& mailbox = *selection->mailbox;
    if (parsed.vanished && !session.user.qresync_enabled)
        return Completion::bad("QRESYNC is not enabled");
    TRY_ASSIGN(auto messages, messages_of(mailbox, parsed.set, command.by_uid, selection->saved));
    if (parsed.partial) {
        const auto part = parsed.partial->of(std::span<const uint32_t>(messages));
        messages = std::vector<uint32_t>(part.begin(), part.end());
    }
    if (parsed.request.reads_bodies())
        if (auto busy = shed_back_fill(session)) return *std::move(busy);
    if (parsed.request.has(FetchItem::Kind::modseq)) session.user.condstore_enabled = true;
    if (parsed.vanished) put_vanished(session, *selection, parsed);
    if (parsed.changed_since)
        std::erase_if(messages, [&](uint32_t n) {
            return mailbox.message(n).modseq <= *parsed.changed_since;
        });

    MailboxIds mailbox_ids;
    if (parsed.request.has(FetchItem::Kind::mailboxids)) {
        TRY_ASSIGN(mailbox_ids, find_mailbox_ids(session, *selection, messages));
    }
    Sent sent;
    const std::span<const uint32_t> all = messages;
    for (size_t i = 0; i < all.size(); i += kBatch) {
        const auto batch = all.subspan(i, std::min(kBatch, all.size() - i));
        TRY(send_batch(session, *selection, batch, parsed.request, mailbox_ids, sent));
    }
    if (sent.missed && !command.by_uid)
        return Completion::no("[EXPUNGEISSUED] Some messages no longer exist");
    if (sent.undecodable)
        return Completion::no("[UNKNOWN-CTE] A transfer encoding is not known here");
    if (sent.damaged) return Completion::ok("Completed, but of damaged messages sections are NIL");
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
