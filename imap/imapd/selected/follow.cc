#include "imap/imapd/selected/follow.h"

#include <algorithm>
#include <vector>

#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/selection_replies.h"
#include "imap/imapd/responder.h"
#include "imap/imapd/selected/message_set.h"
#include "lib/base/log.h"
#include "lib/service/scoreboard.h"

namespace rookery::imapd {
namespace {

using model::MailboxEntry;
using model::SequenceSet;

// The list's entry of the mailbox. none: there is no such mailbox any more. busy: not settled yet.
Result<std::optional<MailboxEntry>> entry_now(ImapSession& session, mailbox::Mailbox& mailbox)
{
    const MailboxEntry& opened = mailbox.entry();
    model::MailboxName name = opened.name;
    auto written = mailbox.name_now();
    if (!written && !written.is(Code::not_found)) return std::move(written).error();
    if (written) {
        TRY_ASSIGN(name, model::MailboxName::from_internal(*written));
    }
    auto entry = session.directory.lookup(name);
    if (entry.is(Code::not_found)) return std::optional<MailboxEntry>();
    if (!entry) return std::move(entry).error();
    const bool both_known = !opened.uniqueid.empty() && !entry->uniqueid.empty();
    if (both_known && opened.uniqueid != entry->uniqueid) return std::optional<MailboxEntry>();
    if (!entry->seen().is_local()) return Error{Code::moved, entry->seen().server};
    if (entry->pending != model::Pending::none || !require_settled(*entry))
        return Error{Code::busy, "it is being changed"};
    return std::optional(*std::move(entry));
}

// May this session go on there?
bool is_for(const ImapSession& session, const MailboxEntry& opened, const MailboxEntry& now)
{
    const std::string& prefix = session.config.deletedprefix();
    if (now.name.is_deleted(prefix) && !opened.name.is_deleted(prefix)) return false;
    // What an owner may do, and whose \Seen is whose, would be different.
    if (now.name.user() != opened.name.user()) return false;
    return rights_on(session, now).has(model::Rights::read);
}

}  // namespace

Status follow_selection(ImapSession& session, LocalSelection& selection)
{
    if (selection.gone) return success();
    mailbox::Mailbox& mailbox = *selection.mailbox;
    const std::string before = mailbox.entry().name.internal();
    auto entry = entry_now(session, mailbox);
    selection.in_change = entry.is(Code::busy);
    if (selection.in_change) return success();
    if (!entry) return std::move(entry).error();
    if (*entry && is_for(session, mailbox.entry(), **entry)) {
        const Status followed = mailbox.follow(**entry);
        if (followed) {
            log::info("a selected mailbox is followed",
                      {{"mailbox", before}, {"to", (*entry)->name.internal()}});
            service::scoreboard::set_mailbox((*entry)->name.internal());
        }
        return followed;
    }
    log::info("a selected mailbox is gone", {{"mailbox", before}});
    if (session.config.disconnect_on_vanished_mailbox())
        return Error{Code::not_found, "Mailbox has been (re)moved"};
    selection.gone = true;
    mailbox.vanish();
    return success();
}

namespace {

constexpr size_t kMaxViewLine = 8000;
constexpr size_t kMaxView = 100'000;

std::string why_it_ended(const Error& error)
{
    if (error.code == Code::not_found) return "[UNAVAILABLE] Mailbox has been (re)moved";
    if (error.code == Code::unsupported)
        return "[UNAVAILABLE] Mailbox was rebuilt and its UIDVALIDITY is another one: select it "
               "again";
    return Completion::from(error).text;
}

// A set of UIDs, in as many lines as it needs, which is one at least.
void put_set(stream::Stream& out, std::string_view code, std::string_view set)
{
    do {
        size_t end = set.size();
        if (end > kMaxViewLine) end = set.rfind(',', kMaxViewLine);
        out.put("* OK [", code, set.empty() ? "" : " ", set.substr(0, end), "] Known\r\n");
        set.remove_prefix(std::min(end + 1, set.size()));
    } while (!set.empty());
}

// What the client knows, for the node that has it as its client. False: it is too much.
bool put_view(ImapSession& session, const LocalSelection& selection)
{
    const mailbox::Mailbox& mailbox = *selection.mailbox;
    std::vector<uint32_t> uids;
    uids.reserve(mailbox.exists());
    for (uint32_t n = 1; n <= mailbox.exists(); n++) uids.push_back(mailbox.uid(n));
    const std::string set = number_set(uids);
    if (set.size() > kMaxView) return false;
    if (!set.empty()) put_set(session.client, kViewCode, set);
    const SequenceSet& saved = selection.saved;
    if (saved.ranges().size() <= SequenceSet::kMaxRanges)
        put_set(session.client, kSavedCode, saved.to_string());
    session.client.put("* BYE [", kMovedCode, ' ', mailbox.uidvalidity(), ' ', mailbox.uidnext(),
                       ' ', mailbox.highestmodseq(), ' ', mailbox.exists(),
                       session.user.condstore_enabled ? " CONDSTORE" : "",
                       "] Mailbox has been moved to another server\r\n");
    return true;
}

}  // namespace

void put_farewell(ImapSession& session, const Error& error)
{
    const LocalSelection* selection = session.local();
    const bool moved = error.code == Code::moved && selection != nullptr;
    if (moved && session.user.identity->relayed && put_view(session, *selection)) return;
    session.client.put("* BYE ", wire_text(why_it_ended(error)), "\r\n");
}

}  // namespace rookery::imapd
