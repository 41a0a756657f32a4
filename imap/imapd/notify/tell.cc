#include "imap/imapd/notify/tell.h"

#include "imap/imapd/notify/watch.h"
#include "imap/imapd/selected/updates.h"

namespace rookery::imapd {
namespace {

// Who renames or removes the mailbox is done by then, and need not wake us again.
constexpr Milliseconds kWhileInChange{200};

}  // namespace

std::vector<int> watched_descriptors(ImapSession& session)
{
    std::vector<int> fds;
    if (!session.user.watch) return fds;
    LocalSelection* selection = session.local();
    if (selection != nullptr && session.user.events.at_once)
        fds.push_back(selection->mailbox->wakeup_fd());
    session.user.watch->add_descriptors(fds);
    return fds;
}

Deadline watched_due(const ImapSession& session)
{
    if (!session.user.watch) return Deadline::never();
    const auto* selection = std::get_if<LocalSelection>(&session.user.selection);
    const bool soon =
        selection != nullptr && session.user.events.at_once && selection->in_change;
    const Deadline due = session.user.watch->due();
    return soon ? due.min(Deadline::after(kWhileInChange)) : due;
}

Status tell_selected(ImapSession& session)
{
    LocalSelection* selection = session.local();
    if (selection == nullptr || !session.user.events.at_once) return success();
    (void)selection->mailbox->wakeup_fd();  // before the look: nothing comes between the two
    selection->mailbox->drain_wakeups();
    return send_updates(session, session.user.events.expunge_at_once);
}

}  // namespace rookery::imapd
