#include "imap/mboxlist/memory_directory.h"

#include "lib/base/strings.h"

namespace rookery::mboxlist {

Result<MailboxEntry> MemoryDirectory::lookup(const MailboxName& name)
{
    const auto found = entries_.find(name.key());
    if (found != entries_.end()) return found->second;
    return Error{Code::not_found, cat("no such mailbox: ", name.internal())};
}

Status MemoryDirectory::scan(const std::string& from_key,
                             const std::function<Next(const MailboxEntry&)>& each)
{
    auto at = entries_.lower_bound(from_key);
    while (at != entries_.end()) {
        const std::string key = at->first;
        const MailboxEntry entry = at->second;  // the callback may change the map
        const Next next = each(entry);
        if (next.what == Next::What::stop) break;
        if (next.what == Next::What::seek && next.key > key)
            at = entries_.lower_bound(next.key);
        else
            at = entries_.upper_bound(key);
    }
    return success();
}

Status MemoryDirectory::scan_server(const std::string& server,
                                    const std::function<Next(const MailboxEntry&)>& each)
{
    return scan("", [&](const MailboxEntry& entry) {
        return entry.server == server ? each(entry) : Next::go_on();
    });
}

Status MemoryDirectory::scan_identifiers(std::span<const std::string> identifiers,
                                         const std::function<Next(const MailboxEntry&)>& each)
{
    return scan("", [&](const MailboxEntry& entry) {
        for (const auto& identifier : identifiers)
            if (entry.acl.find(identifier)) return each(entry);
        return Next::go_on();
    });
}

Status MemoryDirectory::commit(std::span<const Change> changes)
{
    return commit_marked(changes, {});
}

Status MemoryDirectory::commit_marked(std::span<const Change> changes, std::span<const Mark> marks)
{
    for (const auto& wanted : changes) {
        const auto found = entries_.find(wanted.of().key());
        const auto change =
            resolve(wanted, found == entries_.end() ? std::nullopt
                                                    : std::optional<MailboxEntry>(found->second));
        if (!change) continue;
        if (change->kind == Change::Kind::put)
            entries_.insert_or_assign(change->entry->name.key(), *change->entry);
        else
            entries_.erase(change->of().key());
    }
    for (const auto& mark : marks) {
        if (mark.value.empty())
            marks_.erase(mark.name);
        else
            marks_.insert_or_assign(mark.name, mark.value);
    }
    return success();
}

Result<std::string> MemoryDirectory::mark(std::string_view name)
{
    const auto found = marks_.find(name);
    if (found != marks_.end()) return found->second;
    return Error{Code::not_found, cat("no mark ", name)};
}

}  // namespace rookery::mboxlist
