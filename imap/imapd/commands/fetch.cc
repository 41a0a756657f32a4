// FETCH and UID FETCH (RFC 3501 6.4.5, 6.4.8).
#include "imap/imapd/fetch_parse.h"

#include <algorithm>

#include "imap/imapd/command_table.h"
#include "imap/imapd/fetch_render.h"
#include "imap/imapd/message_set.h"

namespace rookery::imapd::commands {
namespace {

// \Seen is made durable for so many messages at a time, before they are sent.
constexpr size_t kBatch = 64;

struct Parsed {
    model::SequenceSet set;
    FetchRequest request;
};

Result<Parsed> parse(CommandReader& reader, bool by_uid)
{
    Parsed p;
    TRY(reader.space());
    TRY_ASSIGN(p.set, reader.sequence_set());
    TRY(reader.space());
    TRY_ASSIGN(p.request, parse_fetch(reader));
    TRY(reader.end_of_line());
    if (by_uid && !p.request.has(FetchItem::Kind::uid)) {
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

// Gives whether all messages were still there.
Result<bool> send_batch(ImapSession& session, LocalSelection& selection,
                        std::span<const uint32_t> batch, const FetchRequest& request)
{
    std::vector<uint32_t> seen;
    if (request.sets_seen() && !selection.read_only && selection.rights.has(model::Rights::seen)) {
        seen = newly_seen(selection, batch);
        if (!seen.empty()) TRY(selection.mailbox->mark_seen(seen));
    }
    bool complete = true;
    for (uint32_t n : batch) {
        const bool with_flags = std::binary_search(seen.begin(), seen.end(), n);
        const Status sent = put_fetch(session.client, *selection.mailbox, n, request, with_flags);
        if (sent.is(Code::not_found))
            complete = false;
        else
            TRY(sent);
        TRY(session.client.status());
    }
    return complete;
}

}  // namespace

Completion fetch(ImapSession& session, Command& command)
{
    auto parsed = parse(session.reader, command.by_uid);
    if (!parsed) return Completion::from(parsed.error());
    LocalSelection* selection = session.local();
    if (selection == nullptr) return Completion::bad("No mailbox selected");
    auto messages = messages_of(*selection->mailbox, std::move(parsed->set), command.by_uid);
    if (!messages) return Completion::from(messages.error());

    bool complete = true;
    const std::span<const uint32_t> all = *messages;
    for (size_t i = 0; i < all.size(); i += kBatch) {
        const auto batch = all.subspan(i, std::min(kBatch, all.size() - i));
        auto sent = send_batch(session, *selection, batch, parsed->request);
        if (!sent) return Completion::from(sent.error());
        complete = complete && *sent;
    }
    if (!complete && !command.by_uid)
        return Completion::no("[EXPUNGEISSUED] Some messages no longer exist");
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
