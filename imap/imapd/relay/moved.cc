#include "imap/imapd/relay/moved.h"

#include <algorithm>
#include <vector>

#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/selection.h"
#include "imap/imapd/relay/selection_replies.h"
#include "imap/imapd/selected/message_set.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

constexpr size_t kMaxRanges = kMaxViewRanges;
constexpr size_t kMaxTold = 4u << 20;  // bytes of what changed during a move
// Where the flags that changed cannot be asked for alone.
constexpr uint32_t kMaxFlagsTold = 20000;

using model::SequenceSet;

Error changed(std::string_view what)
{
    return Error{Code::closed, std::string(what)};
}

// SELECT at the new server, whose description of the mailbox is kept back.
Result<RemoteSelection> select_there(ImapSession& s, const RemoteSelection& selection,
                                     const MovedView& view, backend::Backend& backend,
                                     std::string& described)
{
    RemoteSelection now{.backend = &backend,
                        .name = selection.name,
                        .external = selection.external,
                        .read_only = selection.read_only,
                        .arguments = {},
                        .held = {}};
    RelayChannel channel(s, backend);
    channel.verb(selection.read_only ? "EXAMINE" : "SELECT");
    channel.astring(selection.external);
    if (view.condstore && backend.has_capability("CONDSTORE")) channel.raw(" (CONDSTORE)");
    channel.filter([&](backend::ReplyReader& reader, const backend::Reply& reply) -> Result<bool> {
        note_selected(now, reply);
        const bool flags = reply.word == "FLAGS" ||
                           reply.text().find("[PERMANENTFLAGS ") != std::string_view::npos;
        if (!flags && reply.word != "RECENT") return describes_mailbox(reply);
        TRY_ASSIGN(const std::string whole, reader.read_whole(reply, kMaxTold));
        described += whole;
        return true;
    });
    TRY_ASSIGN(const Answer answer, channel.finish());
    if (!answer.ok()) return changed("the new server refuses to select it");
    backend.set_selected(true);
    if (now.uidvalidity != view.uidvalidity) return changed("its UIDVALIDITY is another one");
    return now;
}

// Lines of the new server, in its message numbers: those from the moment on that told its UIDs.
struct Difference {
    std::optional<SequenceSet> uids;
    std::string lines;
};

RelayChannel::Filter into(Difference& difference)
{
    return [&](backend::ReplyReader& reader, const backend::Reply& reply) -> Result<bool> {
        if (reply.word == "ESEARCH") {
            TRY_ASSIGN(const std::string whole, reader.read_whole(reply, kMaxTold));
            const size_t all = whole.find(" ALL ");
            std::string_view set;
            if (all != std::string::npos) set = trim(std::string_view(whole).substr(all + 5));
            difference.uids = SequenceSet();
            if (set.empty()) return true;
            TRY_ASSIGN(difference.uids, SequenceSet::parse(set, kMaxRanges));
            return true;
        }
        if (!is_of_mailbox(reply)) return false;
        if (!difference.uids) return true;  // it is in what is told then
        TRY_ASSIGN(const std::string whole, reader.read_whole(reply, kMaxTold));
        difference.lines += whole;
        if (difference.lines.size() > kMaxTold) return changed("too much has changed");
        return true;
    };
}

// The UIDs that are there, and the flags of those that the client knows.
Status ask(ImapSession& s, const MovedView& view, uint32_t exists, backend::Backend& backend,
           Difference& difference)
{
    if (!backend.has_capability("ESEARCH")) return changed("its new server does not tell enough");
    RelayChannel search(s, backend);
    search.verb("UID SEARCH");
    search.raw(" RETURN (ALL) ALL");
    search.filter(into(difference));
    TRY_ASSIGN(const Answer found, search.finish());
    if (!found.ok() || !difference.uids) return changed("its new server does not tell enough");
    if (view.exists == 0 || exists == 0) return success();
    if (!view.condstore && view.exists > kMaxFlagsTold) return changed("too much has changed");
    RelayChannel fetch(s, backend);
    fetch.verb("UID FETCH");
    fetch.raw(cat(" 1:", view.uids.ranges().back().last, " (FLAGS)"));
    if (view.condstore) fetch.raw(cat(" (CHANGEDSINCE ", view.highestmodseq, ")"));
    fetch.filter(into(difference));
    TRY_ASSIGN(const Answer told, fetch.finish());
    return told.ok() ? success() : Status(changed("its new server does not tell enough"));
}

struct Compared {
    std::vector<uint32_t> gone;  // UIDs
    std::string expunged;        // EXPUNGE lines
};

// closed: a message is there between those that the client knows, which he could not be told.
Result<Compared> compare(const SequenceSet& before, const SequenceSet& now)
{
    Compared out;
    std::vector<std::string> lines;
    uint32_t number = 0;
    uint64_t kept = 0;
    for (const auto& range : before.ranges()) {
        for (uint64_t uid = range.first; uid <= range.last; uid++) {
            number++;
            if (now.contains(static_cast<uint32_t>(uid))) {
                kept++;
                continue;
            }
            out.gone.push_back(static_cast<uint32_t>(uid));
            lines.push_back(cat("* ", number, " EXPUNGE\r\n"));
        }
    }
    const uint32_t last = before.empty() ? 0 : before.ranges().back().last;
    SequenceSet known = now;
    if (last > 0) {
        SequenceSet below;
        below.append(1, last);
        known.intersect(below);
    }
    if (last > 0 && count_of(known) != kept) return changed("messages came in between");
    for (auto it = lines.rbegin(); it != lines.rend(); ++it) out.expunged += *it;
    return out;
}

}  // namespace

Status select_moved(ImapSession& session, RemoteSelection& selection, backend::Backend& backend)
{
    const MovedView view = *std::move(selection.moved);
    selection.moved.reset();
    enable_at(session, backend);
    std::string described;
    TRY_ASSIGN(RemoteSelection now, select_there(session, selection, view, backend, described));
    const bool same = now.exists == view.exists && now.uidnext == view.uidnext &&
                      now.highestmodseq == view.highestmodseq && now.highestmodseq != 0;
    std::string told;
    if (!same) {
        Difference difference;
        TRY(ask(session, view, now.exists, backend, difference));
        TRY_ASSIGN(const Compared compared, compare(view.uids, *difference.uids));
        const uint64_t exists = count_of(*difference.uids);
        told = compared.expunged;
        if (session.user.qresync_enabled && !compared.gone.empty())
            told = cat("* VANISHED ", number_set(compared.gone), "\r\n");
        if (exists != view.exists - compared.gone.size()) cat_to(told, "* ", exists, " EXISTS\r\n");
        told += described;
        told += difference.lines;
    }
    // EXPUNGE waits for a command that may carry it, and what comes behind it too.
    const bool waits = !selection.held.empty() || told.find(" EXPUNGE\r\n") != std::string::npos ||
                       told.starts_with("* VANISHED");
    if (waits)
        selection.held += told;
    else
        session.client.put(told);
    now.held = std::move(selection.held);
    now.arguments = std::move(selection.arguments);
    now.replaceable = same && now.held.empty();
    selection = std::move(now);
    return success();
}

}  // namespace rookery::imapd
