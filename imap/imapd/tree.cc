#include "imap/imapd/tree.h"

#include <algorithm>

#include "lib/base/log.h"

namespace rookery::imapd {
namespace {

using model::MailboxEntry;

constexpr size_t kBatch = mboxlist::kMaxBatch / 2;  // each rename is two changes of the list

Status move_in_store(mailbox::MailboxStore& store, std::span<const MailboxEntry> from,
                     std::span<const MailboxEntry> to)
{
    for (size_t done = 0; done < from.size(); done++) {
        Status moved = store.rename(from[done], to[done]);
        if (moved) continue;
        while (done > 0) {
            done--;
            if (auto back = store.rename(to[done], from[done]); !back)
                log::error("rename not undone",
                           {{"mailbox", to[done].name.internal()}, {"reason", back.error()}});
        }
        return moved;
    }
    return success();
}

}  // namespace

Status rename_mailboxes(ImapSession& session, std::span<const MailboxEntry> from,
                        std::span<const MailboxEntry> to)
{
    for (size_t begin = 0; begin < from.size(); begin += kBatch) {
        const size_t n = std::min(kBatch, from.size() - begin);
        const auto olds = from.subspan(begin, n);
        const auto news = to.subspan(begin, n);
        TRY(session.directory.rename(olds, news,
                                     [&] { return move_in_store(*session.store, olds, news); }));
    }
    return success();
}

void leave_if_selected(ImapSession& session, std::span<const MailboxEntry> entries)
{
    auto* local = session.local();
    if (local == nullptr) return;
    const auto& selected = local->mailbox->entry().name;
    const bool is_one = std::any_of(entries.begin(), entries.end(),
                                    [&](const MailboxEntry& e) { return e.name == selected; });
    if (!is_one) return;
    session.unselect();
    session.client.put("* OK [CLOSED] The selected mailbox is gone\r\n");
}

}  // namespace rookery::imapd
