#include "imap/admin/tools/mailboxes.h"

#include <algorithm>

#include "imap/mboxlist/list_pattern.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/mboxlist/open_directory.h"
#include "lib/base/strings.h"

namespace rookery::admin {

using model::MailboxEntry;
using model::MailboxName;

Result<Mailboxes> Mailboxes::open(const config::Config& config)
{
    TRY_ASSIGN(auto list, mboxlist::open_list(config));
    return Mailboxes(config, std::move(list));
}

Mailboxes::Mailboxes(const config::Config& config, std::unique_ptr<mboxlist::StoreDirectory> list)
    : deletedprefix_(config.deletedprefix()),
      names_(mboxlist::namespace_options(config), "", true),
      list_(std::move(list)),
      store_(std::make_unique<store::LocalStore>(store::store_options(config)))
{
}

Result<MailboxName> Mailboxes::name_of(std::string_view external) const
{
    return names_.to_internal(mboxlist::external_name(external));
}

std::string Mailboxes::shown(const MailboxName& name) const
{
    return names_.to_external(name).value_or(name.internal());
}

Result<MailboxEntry> Mailboxes::find(const MailboxName& name)
{
    TRY_ASSIGN(MailboxEntry entry, list_->lookup(name));
    if (!entry.is_local()) return Error{Code::moved, cat("it is on ", entry.server)};
    if (!entry.is_there()) return Error{Code::not_found, "there is no such mailbox"};
    return entry;
}

Result<std::vector<MailboxEntry>> Mailboxes::active(
    const std::function<bool(const MailboxEntry&)>& is_wanted)
{
    std::vector<MailboxEntry> found;
    TRY(list_->scan_server("", [&](const MailboxEntry& entry) {
        if (entry.state == model::EntryState::active && is_wanted(entry)) found.push_back(entry);
        return mboxlist::Next::go_on();
    }));
    return found;
}

Result<std::vector<MailboxEntry>> Mailboxes::matching(const std::vector<std::string>& patterns)
{
    std::vector<mboxlist::ListPattern> compiled;
    for (const std::string& text : patterns) {
        TRY_ASSIGN(auto pattern, mboxlist::ListPattern::compile(mboxlist::external_name(text),
                                                                names_.separator()));
        compiled.push_back(std::move(pattern));
    }
    return active([&](const MailboxEntry& entry) {
        const bool deleted = entry.name.is_deleted(deletedprefix_);
        if (compiled.empty()) return !deleted;
        const std::string name = shown(entry.name);
        return std::any_of(compiled.begin(), compiled.end(), [&](const auto& pattern) {
            return pattern.matches(name) && (!deleted || !pattern.literal_prefix().empty());
        });
    });
}

Result<std::vector<MailboxEntry>> Mailboxes::below(const MailboxName& name, bool recursive)
{
    return active([&](const MailboxEntry& entry) {
        return entry.name == name || (recursive && name.is_above(entry.name));
    });
}

}  // namespace rookery::admin
