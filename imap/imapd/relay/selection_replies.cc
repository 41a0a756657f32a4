#include "imap/imapd/relay/selection_replies.h"

#include <optional>
#include <string_view>

#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

constexpr size_t kMaxFarewell = 200;

using model::SequenceSet;

std::optional<text::ResponseCode> code_of(const backend::Reply& reply)
{
    if (reply.word != "OK") return std::nullopt;
    return text::response_code(reply.text());
}

void note_uids(SequenceSet& uids, std::string_view written)
{
    auto set = SequenceSet::parse(written);
    if (!set) return;
    for (const auto& range : set->ranges())
        if (uids.ranges().size() < kMaxViewRanges) uids.append(range.first, range.last);
}

std::optional<MovedView> view_of(RemoteSelection& selection, std::string_view written)
{
    text::ImapCursor cursor(written);
    uint64_t numbers[4] = {};
    for (uint64_t& number : numbers) {
        auto read = cursor.number64();
        if (!read) return std::nullopt;
        number = *read;
        (void)cursor.space();
    }
    MovedView view{.uidvalidity = static_cast<uint32_t>(numbers[0]),
                   .uidnext = static_cast<uint32_t>(numbers[1]),
                   .highestmodseq = numbers[2],
                   .exists = static_cast<uint32_t>(numbers[3]),
                   .condstore = written.ends_with(" CONDSTORE"),
                   .uids = std::move(selection.told_uids),
                   .saved = std::move(selection.told_saved)};
    if (count_of(view.uids) != view.exists || view.uidvalidity == 0) return std::nullopt;
    return view;
}

}  // namespace

bool is_of_mailbox(const backend::Reply& reply)
{
    for (std::string_view word : {"EXISTS", "RECENT", "EXPUNGE", "VANISHED", "FLAGS"})
        if (reply.word == word) return true;
    return is_fetch(reply);
}

bool is_fetch(const backend::Reply& reply)
{
    return reply.word == "FETCH" || reply.word == "UIDFETCH";
}

uint64_t count_of(const SequenceSet& set)
{
    uint64_t count = 0;
    for (const auto& range : set.ranges()) count += uint64_t{range.last} - range.first + 1;
    return count;
}

bool describes_mailbox(const backend::Reply& reply)
{
    if (reply.word == "EXISTS" || reply.word == "RECENT" || reply.word == "FLAGS") return true;
    const auto code = code_of(reply);
    return code && !code->is("ALERT");
}

bool is_out_of_mode(const Modes& modes, const backend::Reply& reply)
{
    if (reply.word == "RECENT") return modes.rev2_messages;
    if (!modes.rev2_messages && !modes.uid_only) return false;
    const auto code = code_of(reply);
    return code && code->is("UNSEEN");
}

bool is_closed_code(const backend::Reply& reply)
{
    const auto code = code_of(reply);
    return code && code->is("CLOSED");
}

bool tells_modseq(const backend::Reply& reply)
{
    const auto code = code_of(reply);
    return code && code->is("HIGHESTMODSEQ");
}

bool is_status_with_modseq(const backend::Reply& reply)
{
    if (reply.word != "STATUS") return false;
    text::ImapCursor cursor(reply.text());
    if (!cursor.astring() || !cursor.space()) return false;
    const auto items = cursor.list();
    if (!items) return false;
    for (std::string_view word : split_words(*items))
        if (equal_nocase(word, "HIGHESTMODSEQ")) return true;
    return false;
}

void note_selected(RemoteSelection& selection, const backend::Reply& reply)
{
    if (reply.has_number && reply.word == "EXISTS") selection.exists = reply.number;
    const auto code = code_of(reply);
    if (!code) return;
    const auto n = text::ImapCursor(code->arguments).number64();
    if (!n) return;
    if (code->is("UIDVALIDITY")) selection.uidvalidity = static_cast<uint32_t>(*n);
    if (code->is("UIDNEXT")) selection.uidnext = static_cast<uint32_t>(*n);
    if (code->is("HIGHESTMODSEQ")) selection.highestmodseq = *n;
}

bool note_moved(ImapSession& session, RemoteSelection& selection, const backend::Reply& reply)
{
    if (reply.word != "OK" && reply.word != "BYE") return false;
    const auto code = text::response_code(reply.text());
    if (reply.word == "BYE") {
        const bool ours = code && code->name.starts_with("XROOKERY");
        const std::string_view said = ours ? code->text : reply.text();
        session.user.farewell = std::string(said.substr(0, kMaxFarewell));
        if (ours) session.user.farewell.insert(0, "[UNAVAILABLE] ");
    }
    if (!code) return false;
    if (reply.word == "BYE" && code->is(kMovedCode))
        selection.moved = view_of(selection, code->arguments);
    if (reply.word != "OK") return false;
    if (code->is(kSavedCode)) {
        if (!selection.told_saved) selection.told_saved.emplace();
        note_uids(*selection.told_saved, code->arguments);
        return true;
    }
    if (!code->is(kViewCode)) return false;
    note_uids(selection.told_uids, code->arguments);
    return true;
}

}  // namespace rookery::imapd
