#include "imap/sync/unit.h"

#include "lib/base/strings.h"

namespace rookery::sync {

namespace {

using model::MailboxEntry;
using model::MailboxName;

Status add_tree(mboxlist::Directory& directory, const MailboxName& top,
                std::vector<MailboxEntry>& into)
{
    return directory.scan(top.key(), [&](const MailboxEntry& entry) {
        if (entry.name != top && !top.is_above(entry.name)) return mboxlist::Next::stop();
        if (entry.is_local() && entry.state != model::EntryState::deleted) into.push_back(entry);
        return mboxlist::Next::go_on();
    });
}

// Where what was deleted of a user's tree lies: DELETED.user.bob
Result<MailboxName> deleted_top(const MailboxName& inbox, std::string_view deletedprefix)
{
    const std::string domain(inbox.domain());
    return MailboxName::from_internal(
        cat(domain, domain.empty() ? "" : "!", deletedprefix, '.', inbox.local()));
}

}  // namespace

bool is_in_unit(const MailboxName& unit, const MailboxName& name, std::string_view deletedprefix)
{
    if (unit == name) return true;
    if (!unit.is_inbox()) return false;
    auto deleted = deleted_top(unit, deletedprefix);
    return unit.is_above(name) || (deleted && deleted->is_above(name));
}

Result<std::vector<MailboxEntry>> unit_of(mboxlist::Directory& directory, const MailboxName& name,
                                          std::string_view deletedprefix)
{
    std::vector<MailboxEntry> entries;
    if (!name.is_inbox()) {
        auto entry = directory.lookup(name);
        if (entry.is(Code::not_found)) return entries;
        if (!entry) return std::move(entry).error();
        if (entry->is_local() && entry->state != model::EntryState::deleted)
            entries.push_back(*std::move(entry));
        return entries;
    }
    auto deleted = deleted_top(name, deletedprefix);
    if (deleted) TRY(add_tree(directory, *deleted, entries));
    std::vector<MailboxEntry> tree;
    TRY(add_tree(directory, name, tree));
    entries.insert(entries.end(), tree.rbegin(), tree.rend());
    return entries;
}

}  // namespace rookery::sync
