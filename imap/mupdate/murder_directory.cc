#include "imap/mupdate/murder_directory.h"

#include <utility>

#include "imap/mupdate/client.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"

namespace rookery::mupdate {
namespace {

using model::MailboxEntry;
using model::MailboxName;

Error not_there(const MailboxName& name)
{
    return {Code::not_found, cat("no such mailbox: ", name.internal())};
}

Result<MailboxEntry> entry_of(const Client::Record& record, const MailboxName& name)
{
    TRY_ASSIGN(const model::WireLocation location, model::parse_location(record.location));
    MailboxEntry entry{
        .name = name,
        .state = record.active ? model::EntryState::active : model::EntryState::reserved,
        .server = location.server,
        .partition = location.partition,
        .acl = {},
        .uniqueid = {}};
    if (record.active) {
        TRY_ASSIGN(entry.acl, model::Acl::parse(record.acl));
    }
    return entry;
}

}  // namespace

bool MurderDirectory::is_in_a_tree_of_ours(const MailboxName& name)
{
    const std::string user = name.user();
    if (user.empty()) return false;
    const auto inbox = MailboxName::inbox_of(user);
    if (!inbox) return false;
    const auto entry = list_.lookup(*inbox);
    return entry && entry->is_local();
}

Result<MailboxEntry> MurderDirectory::ask(const MailboxName& name)
{
    if (!away_.is_never() && !away_.passed())
        return Error{Code::no_master, "the mupdate master was not reached a moment ago"};
    auto found = [&]() -> Result<std::optional<Client::Record>> {
        TRY_ASSIGN(auto master, Client::connect(config_));
        auto record = master->find(name.internal());
        if (record) master->logout();
        return record;
    }();
    if (!found) {
        away_ = Deadline::after(config_.mupdate_retry_delay());
        log::warning("the mupdate master is not asked where a mailbox is",
                     {{"mailbox", name.internal()}, {"reason", found.error()}});
        return Error{Code::no_master, found.error().text};
    }
    away_ = Deadline::never();
    if (!*found) return not_there(name);
    TRY_ASSIGN(MailboxEntry entry, entry_of(**found, name));
    // Of what is here the list is the truth.
    if (entry.is_local() || entry.server == config_.servername()) return not_there(name);
    return entry;
}

Result<MailboxEntry> MurderDirectory::lookup(const MailboxName& name)
{
    auto here = list_.lookup(name);
    if (!here.is(Code::not_found) || !config::tells_master(config_) ||
        config::holds_replica(config_))
        return here;
    const auto known = known_.find(name.internal());
    if (known != known_.end() && !known->second.until.passed()) return known->second.entry;
    auto entry = ask(name);
    if (entry.is(Code::no_master)) {
        if (known != known_.end()) return known->second.entry;
        if (is_in_a_tree_of_ours(name)) return not_there(name);
    }
    if (!entry || !entry->is_there()) return entry;
    if (known_.size() >= kMaxKnown) known_.clear();
    known_.insert_or_assign(name.internal(), Known{*entry, Deadline::after(kKnown)});
    return entry;
}

Status MurderDirectory::catch_up()
{
    // Kept for when the master cannot be asked.
    for (auto& [name, known] : known_) known.until = Deadline::after(Milliseconds{0});
    return list_.catch_up();
}

}  // namespace rookery::mupdate
