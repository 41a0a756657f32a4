#include "imap/mboxlist/find_mailbox.h"

#include "imap/model/access.h"
#include "lib/base/strings.h"

namespace rookery::mboxlist {

using model::EntryState;
using model::Pending;

Status check_readable(const MailboxEntry& entry, bool keeps_mail)
{
    if (entry.state == EntryState::active) return success();
    if (entry.state == EntryState::moving && keeps_mail && entry.is_local()) return success();
    return model::require_settled(entry);
}

bool is_left_half_done(const MailboxEntry& entry)
{
    if (!entry.is_local()) return false;
    switch (entry.pending) {
        case Pending::create:
        case Pending::rename_in: return entry.state == EntryState::reserved;
        case Pending::rename_out: return entry.state == EntryState::active;
        case Pending::partition_out: return true;
        case Pending::none:
        case Pending::remove:
        case Pending::update:
        case Pending::partition_in: break;
    }
    return false;
}

Result<std::optional<MailboxEntry>> nearest_ancestor(Directory& directory, const MailboxName& name)
{
    for (auto up = name.parent(); up; up = up->parent()) {
        auto entry = directory.lookup(*up);
        if (entry && entry->is_there()) return std::optional<MailboxEntry>(*std::move(entry));
        if (!entry && !entry.is(Code::not_found)) return std::move(entry).error();
    }
    return std::optional<MailboxEntry>();
}

Result<MailboxEntry> look_up(Directory& directory, const MailboxName& name, const Usable& usable)
{
    TRY_ASSIGN(MailboxEntry entry, directory.lookup(name));
    entry = entry.seen();
    TRY(usable(entry));
    return entry;
}

Result<MailboxEntry> find_mailbox(Directory& directory, const MailboxName& name,
                                  const Usable& usable)
{
    auto found = look_up(directory, name, usable);
    if (!is_miss(found)) return found;
    Status current = directory.catch_up();
    // A "not found" of its own is not the mailbox's.
    const bool is_behind =
        current.is(Code::behind) || current.is(Code::unavailable) || current.is(Code::not_found);
    if (!current && !is_behind) return current.error();
    found = look_up(directory, name, usable);
    if (!current && is_miss(found))
        return Error{Code::behind, cat("the mailbox list may be behind: ", name.internal())};
    return found;
}

}  // namespace rookery::mboxlist
