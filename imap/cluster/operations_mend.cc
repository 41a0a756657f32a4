// Mailboxes that the list and the store do not agree on (imap/store/stranded.h), put right. What
// was seen under the names' locks is checked once more here, as every operation does.
#include "imap/cluster/operations.h"
#include "imap/cluster/rename_operation.h"
#include "imap/mupdate/master/list_entry.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::cluster {

using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;
using model::Pending;

// RESERVE without an intent in the list: if this ends here its lease does too, and what is in the
// store is as it was. Not of a name that the master has here already: nobody shall miss it.
Status Operations::claim(const MailboxEntry& entry, Client* master)
{
    if (master == nullptr) return success();
    auto there = master->find(entry.name.internal());
    if (!there) return Error{Code::no_master, there.error().text};
    if (*there) {
        const auto server = mupdate::server_of((*there)->location);
        if (server != mupdate::server_of(parts_.link.location(entry)))
            return Error{Code::exists, cat("the mupdate master has the name at ", server)};
        if ((*there)->active) return success();
    }
    return parts_.link.reserve({&entry, 1}, *master);
}

Status Operations::adopt(const MailboxEntry& entry, const std::function<Status()>& prepare)
{
    told_later_ = false;
    TRY_ASSIGN(master_, parts_.link.connect());
    Client* const master = master_.get();
    TRY_ASSIGN(auto held, parts_.locks.lock(entry.name));
    TRY(check_free(entry.name, master));
    TRY(claim(entry, master));
    Status ready = prepare();
    if (ready && (entry.uniqueid.empty() || !parts_.is_in_store(entry)))
        ready = Error{Code::not_found, cat(entry.name.internal(), ": no mailbox in the store")};
    const bool is_announced = parts_.link.is_needed();
    const MailboxEntry made =
        is_announced ? with(entry, EntryState::active, Pending::create) : settled(entry);
    if (ready) ready = parts_.put(made);
    if (!ready) {
        if (master != nullptr) (void)parts_.link.give_back(entry, *master);
        return ready;
    }
    if (!is_announced) return success();
    std::optional<Error> refused;
    if (Status announced = announce(made, master, &refused); !announced)
        tell_later("ACTIVATE", entry.name, announced.error());
    master->logout();
    if (!refused) return success();
    // It is another server's, and here it is what it was before.
    TRY(parts_.release(entry.name));
    return *std::move(refused);
}

Status Operations::follow_partition(MailboxEntry entry, const std::string& before, Client* master)
{
    entry.other = model::Counterpart{entry.name, before};
    const MailboxEntry arrived = with(entry, EntryState::active, Pending::partition_in);
    TRY(parts_.put(arrived));
    if (Status told = finish_partition(arrived, master); !told)
        tell_later("ACTIVATE", entry.name, told.error());
    return success();
}

Status Operations::follow_name(const MailboxEntry& from, const MailboxEntry& to, Client* master)
{
    TRY(check_free(to.name, master));
    RenameOperation operation(parts_, {{from, to}});
    Status done = operation.run(master);
    told_later_ = done && !operation.is_told();
    if (master != nullptr) master->logout();
    if (done || done.is(Code::no_master)) return done;
    log::notice(
        "a mailbox goes back to its name in the list",
        {{"mailbox", to.name.internal()}, {"to", from.name.internal()}, {"reason", done.error()}});
    return parts_.store.rename_back(from, to);
}

Status Operations::follow(const MailboxName& name, const MailboxEntry& there)
{
    told_later_ = false;
    master_.reset();
    auto connected = parts_.link.connect();
    const bool may_wait =
        there.name == name || there.name.is_deleted(parts_.config.deletedprefix());
    if (!connected && !may_wait) return connected.error();
    if (connected) master_ = *std::move(connected);
    Client* const master = master_.get();
    const MailboxName names[] = {name, there.name};
    TRY_ASSIGN(auto held, parts_.locks.lock(names));
    TRY_ASSIGN(MailboxEntry from, lookup_unmoved(name, master));
    auto at_home = parts_.store.uniqueid_at(from);
    if (!at_home.is(Code::not_found))
        return Error{Code::exists, cat(name.internal(), ": a mailbox is in its place")};
    MailboxEntry to = settled(from);
    to.name = there.name;
    to.partition = there.partition;
    to.acl = there.acl;
    if (from.uniqueid.empty() || !parts_.is_in_store(to))
        return Error{Code::not_found, cat(to.name.internal(), ": no mailbox in the store")};
    return to.name == name ? follow_partition(std::move(to), from.partition, master)
                           : follow_name(from, to, master);
}

Status Operations::take_id(const MailboxName& name, const std::string& uniqueid)
{
    told_later_ = false;
    master_.reset();
    TRY_ASSIGN(auto held, parts_.locks.lock(name));
    TRY_ASSIGN(MailboxEntry entry, lookup_unmoved(name, connected()));
    entry.uniqueid = uniqueid;
    if (!parts_.is_in_store(entry))
        return Error{Code::not_found, cat(name.internal(), ": no such mailbox in the store")};
    return parts_.put(std::move(entry));
}

// The list first: cut short, the mailbox is still one that is nowhere.
Status Operations::make_empty(const MailboxName& name, const std::string& uniqueid)
{
    told_later_ = false;
    master_.reset();
    TRY_ASSIGN(auto held, parts_.locks.lock(name));
    TRY_ASSIGN(MailboxEntry entry, lookup_unmoved(name, connected()));
    if (!parts_.store.uniqueid_at(entry).is(Code::not_found) || parts_.store.has_messages(entry))
        return Error{Code::exists, cat(name.internal(), ": something is in its place")};
    entry.uniqueid = uniqueid;
    entry.uidvalidity = 0;
    TRY(parts_.put(entry));
    return make(entry, {});
}

}  // namespace rookery::cluster
