#include "imap/mboxlist/change.h"

namespace rookery::mboxlist {
namespace {

// What the master says of a mailbox is where clients find it, unless a mailbox is in use here: then
// one of the two is a conflict, and people decide.
std::optional<Change> hear(MailboxEntry heard, const std::optional<MailboxEntry>& before)
{
    const bool active = heard.state == model::EntryState::active;
    const bool has_copy = before && (before->is_local() || before->has_left());
    if (!has_copy) {
        // A reservation carries no ACL: the one that is known goes on being shown.
        if (before && !active) heard.acl = before->acl;
        return Change::put(std::move(heard));
    }
    if (!active || (before->is_local() && before->state == model::EntryState::active))
        return std::nullopt;
    MailboxEntry after = *before;
    after.elsewhere = {std::move(heard.server), std::move(heard.partition)};
    after.acl = std::move(heard.acl);
    if (after.has_left()) after.state = model::EntryState::moving;
    return Change::put(std::move(after));
}

std::optional<Change> hear_gone(const std::optional<MailboxEntry>& before)
{
    if (!before) return std::nullopt;
    if (!before->is_local() && !before->has_left()) return Change::erase(before->name);
    MailboxEntry after = *before;
    after.elsewhere.reset();
    if (after.has_left()) after.state = model::EntryState::deleted;
    return Change::put(std::move(after));
}

}  // namespace

std::optional<Change> resolve(const Change& change, const std::optional<MailboxEntry>& before)
{
    switch (change.kind) {
        case Change::Kind::put:
        case Change::Kind::erase: break;
        case Change::Kind::release:
            if (!before) return std::nullopt;
            return before->elsewhere ? Change::put(before->seen()) : Change::erase(before->name);
        case Change::Kind::hear: return hear(*change.entry, before);
        case Change::Kind::hear_gone: return hear_gone(before);
    }
    return change;
}

}  // namespace rookery::mboxlist
