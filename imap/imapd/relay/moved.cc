#include "imap/imapd/relay/moved.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/selection.h"
#include "imap/imapd/relay/selection_replies.h"
#include "imap/imapd/selected/message_set.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

constexpr size_t kMaxRanges = kMaxViewRanges;
constexpr uint32_t kMaxUid = 4294967295;
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
    const auto keep_back = [&](backend::ReplyReader& reader,
                               const backend::Reply& reply) -> Result<bool> {
        const bool flags = reply.word == "FLAGS" ||
                           reply.text().find("[PERMANENTFLAGS ") != std::string_view::npos;
        if (!flags && reply.word != "RECENT") return describes_mailbox(reply);
        TRY_ASSIGN(const std::string whole, reader.read_whole(reply, kMaxTold));
        described += whole;
        return true;
    };
    const bool condstore = view.condstore && backend.has_capability("CONDSTORE");
    TRY_ASSIGN(Reselected done,
               say_select(s, selection, backend, condstore ? " (CONDSTORE)" : "", keep_back));
    if (!done.answer.ok()) return changed("the new server refuses to select it");
    backend.set_selected(true);
    if (done.now.uidvalidity != view.uidvalidity) return changed("its UIDVALIDITY is another one");
    return std::move(done.now);
}

// ESEARCH: the set behind ALL, or none.
Result<SequenceSet> found_uids(backend::ReplyReader& reader, const backend::Reply& reply)
{
    TRY_ASSIGN(const std::string whole, reader.read_whole(reply, kMaxTold));
    const size_t all = whole.find(" ALL ");
    if (all == std::string::npos) return SequenceSet();
    std::string_view set = trim(std::string_view(whole).substr(all + 5));
    return SequenceSet::parse(set.substr(0, set.find(' ')), kMaxRanges);
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
            TRY_ASSIGN(difference.uids, found_uids(reader, reply));
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

// Which messages that the client knows have changed since. Another connection asks that: this one
// would have CONDSTORE enabled from then on, which the client has not asked for.
Result<SequenceSet> changed_since(ImapSession& s, const RemoteSelection& selection,
                                  const MovedView& view, const std::string& server)
{
    backend::ConnectOptions options;
    options.authzid = s.user.identity->userid;
    TRY_ASSIGN(auto other,
               backend::Backend::connect(s.config, backend::imap_dialect(), server, options));
    SequenceSet found;
    const auto note = [&](backend::ReplyReader& reader,
                          const backend::Reply& reply) -> Result<bool> {
        if (reply.word == "ESEARCH") {
            TRY_ASSIGN(found, found_uids(reader, reply));
        }
        return true;
    };
    RelayChannel examine(s, *other);
    examine.verb("EXAMINE");
    examine.astring(selection.external);
    examine.filter(note);
    TRY_ASSIGN(const Answer opened, examine.finish());
    RelayChannel search(s, *other);
    search.verb("UID SEARCH");
    search.raw(cat(" RETURN (ALL) UID 1:", view.uids.ranges().back().last, " MODSEQ ",
                   view.highestmodseq + 1));
    search.filter(note);
    TRY_ASSIGN(const Answer done, search.finish());
    other->logout();
    if (!opened.ok() || !done.ok()) return changed("its new server does not tell enough");
    return found;
}

// The UIDs that are there, and the flags of those that the client knows.
Status ask(ImapSession& s, const RemoteSelection& selection, const MovedView& view, uint32_t exists,
           backend::Backend& backend, Difference& difference)
{
    if (!backend.has_capability("ESEARCH")) return changed("its new server does not tell enough");
    RelayChannel search(s, backend);
    search.verb("UID SEARCH");
    search.raw(" RETURN (ALL) ALL");
    search.filter(into(difference));
    TRY_ASSIGN(const Answer found, search.finish());
    if (!found.ok() || !difference.uids) return changed("its new server does not tell enough");
    if (view.exists == 0 || exists == 0) return success();
    std::string which = cat("1:", view.uids.ranges().back().last);
    if (!view.condstore && backend.has_capability("CONDSTORE")) {
        TRY_ASSIGN(const SequenceSet uids, changed_since(s, selection, view, backend.server()));
        if (uids.empty()) return success();
        which = uids.to_string();
    } else if (!view.condstore && view.exists > kMaxFlagsTold) {
        return changed("too much has changed");
    }
    RelayChannel fetch(s, backend);
    fetch.verb("UID FETCH");
    fetch.raw(cat(' ', which, " (FLAGS)"));
    if (view.condstore) fetch.raw(cat(" (CHANGEDSINCE ", view.highestmodseq, ")"));
    fetch.filter(into(difference));
    TRY_ASSIGN(const Answer told, fetch.finish());
    return told.ok() ? success() : Status(changed("its new server does not tell enough"));
}

struct Compared {
    std::vector<uint32_t> gone;  // UIDs
    std::string expunged;        // EXPUNGE lines
};

uint32_t last_of(const SequenceSet& uids)
{
    return uids.empty() ? 0 : uids.ranges().back().last;
}

SequenceSet part_of(SequenceSet uids, uint32_t first, uint32_t last)
{
    SequenceSet part;
    part.append(first, last);
    uids.intersect(part);
    return uids;
}

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
    const uint32_t last = last_of(before);
    if (last > 0 && count_of(part_of(now, 1, last)) != kept)
        return changed("messages came in between");
    for (auto it = lines.rbegin(); it != lines.rend(); ++it) out.expunged += *it;
    return out;
}

// Our own commands may carry EXPUNGE where the client's may not: that waits, and what comes behind
// held lines too.
RelayChannel::Filter holding(RemoteSelection& selection, Expunges expunges)
{
    return [&selection, expunges](backend::ReplyReader& reader,
                                  const backend::Reply& reply) -> Result<bool> {
        const bool waits = expunges == Expunges::wait && changes_numbers(reply);
        if (!is_of_mailbox(reply) || (selection.held.empty() && !waits)) return false;
        TRY_ASSIGN(const std::string whole, reader.read_whole(reply, kMaxTold));
        if (selection.held.size() + whole.size() > kMaxTold) return changed("too much to be told");
        selection.held += whole;
        return true;
    };
}

// What NOTIFY wants to be told of each message that comes (RFC 5465 5.2).
Status tell_new(ImapSession& s, RemoteSelection& selection, Expunges expunges,
                const SequenceSet& uids)
{
    if (s.user.events.fetch_text.empty() || uids.empty()) return success();
    RelayChannel fetch(s, *selection.backend);
    fetch.verb("UID FETCH");
    fetch.raw(cat(' ', uids.to_string(), ' ', s.user.events.fetch_text));
    fetch.filter(holding(selection, expunges));
    // NO: one of them is gone, which is told by itself.
    const auto told = fetch.finish();
    return told ? success() : Status(told.error());
}

// What a search has saved is saved there too: a SELECT has nothing saved.
Status save_again(ImapSession& s, RemoteSelection& selection, Expunges expunges,
                  const SequenceSet& uids)
{
    if (uids.empty()) return success();
    RelayChannel search(s, *selection.backend);
    search.verb("UID SEARCH");
    search.raw(cat(" RETURN (SAVE) UID ", uids.to_string()));
    search.filter(holding(selection, expunges));
    TRY_ASSIGN(const Answer saved, search.finish());
    return saved.ok() ? success() : Status(changed("its new server does not save results"));
}

}  // namespace

Status select_moved(ImapSession& session, RemoteSelection& selection, backend::Backend& backend,
                    Expunges expunges)
{
    const MovedView view = *std::move(selection.moved);
    selection.moved.reset();
    TRY(prepare_select(session, backend));
    std::string described;
    TRY_ASSIGN(RemoteSelection now, select_there(session, selection, view, backend, described));
    const bool same = now.exists == view.exists && now.uidnext == view.uidnext &&
                      now.highestmodseq == view.highestmodseq && now.highestmodseq != 0;
    std::string told;
    SequenceSet come;
    if (!same) {
        Difference difference;
        TRY(ask(session, selection, view, now.exists, backend, difference));
        TRY_ASSIGN(const Compared compared, compare(view.uids, *difference.uids));
        const uint64_t exists = count_of(*difference.uids);
        told = compared.expunged;
        if (session.user.wants_vanished() && !compared.gone.empty())
            told = cat("* VANISHED ", number_set(compared.gone), "\r\n");
        if (exists != view.exists - compared.gone.size()) cat_to(told, "* ", exists, " EXISTS\r\n");
        told += described;
        told += difference.lines;
        come = part_of(*difference.uids, last_of(view.uids) + 1, kMaxUid);
    }
    // EXPUNGE waits for a command that may carry it, and what comes behind it too.
    const bool has_expunges = !selection.held.empty() || told.starts_with("* VANISHED") ||
                              told.find(" EXPUNGE\r\n") != std::string::npos;
    now.held = std::exchange(selection.held, {}) + told;
    if (!has_expunges || expunges == Expunges::at_once)
        session.client.put(std::exchange(now.held, {}));
    now.arguments = std::move(selection.arguments);
    now.replaceable = same && now.held.empty();
    for (const FollowedSearch& one : selection.followed)
        session.client.put("* NO [NOUPDATE ", text::imap_string(one.tag),
                           "] The mailbox has moved; search again\r\n");
    now.saved = selection.saved;
    selection = std::move(now);
    if (view.saved) TRY(save_again(session, selection, expunges, *view.saved));
    return tell_new(session, selection, expunges, come);
}

}  // namespace rookery::imapd
