#include "imap/imapd/namespace/tree.h"

#include <algorithm>

#include "imap/imapd/selected/leave_selection.h"

namespace rookery::imapd {
namespace {

using model::MailboxEntry;

}  // namespace

void leave_if_selected(ImapSession& session, std::span<const MailboxEntry> entries)
{
    auto* local = session.local();
    if (local == nullptr) return;
    const auto& selected = local->mailbox->entry().name;
    const bool is_one = std::any_of(entries.begin(), entries.end(),
                                    [&](const MailboxEntry& e) { return e.name == selected; });
    if (!is_one) return;
    unselect(session);
    session.client.put("* OK [CLOSED] The selected mailbox is gone\r\n");
}

}  // namespace rookery::imapd
