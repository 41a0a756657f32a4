#include "imap/cluster/operations.h"

#include "imap/cluster/rename_operation.h"
#include "imap/mboxlist/partitions.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::cluster {
namespace {

using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;
using model::Pending;

std::vector<MailboxName> names_of(std::span<const Operations::Renaming> pairs)
{
    std::vector<MailboxName> names;
    for (const auto& pair : pairs) {
        names.push_back(pair.from);
        names.push_back(pair.to);
    }
    return names;
}

}  // namespace

Operations::Operations(const config::Config& config, mboxlist::Directory& list,
                       mailbox::MailboxStore& store, mailbox::Quotas* quotas)
    : parts_{
          config,           list, store, quotas, MasterLink(config, list), UserData(config, store),
          NameLocks(config)}
{
}

// For what can be told later: the master, if there is one and it answers.
Client* Operations::connected()
{
    auto master = parts_.link.connect();
    if (!master) {
        log::info("the mupdate master is away", {{"reason", master.error()}});
        return nullptr;
    }
    master_ = *std::move(master);
    return master_.get();
}

// The operation goes on, and the agent does what is left of it.
void Operations::tell_later(std::string_view what, const MailboxName& name, const Error& why)
{
    told_later_ = true;
    log::warning("the mupdate master will be told later",
                 {{"change", what}, {"mailbox", name.internal()}, {"reason", why.text}});
}

// ACTIVATE, and the entry is clear. An answer NO clears it too: it is a conflict for people.
Status Operations::announce(const MailboxEntry& entry, Client* master,
                            std::optional<Error>* refused)
{
    if (parts_.link.is_needed()) {
        if (master == nullptr) return Error{Code::no_master, "it cannot be reached"};
        TRY(parts_.link.activate(entry, *master, refused));
    }
    return parts_.put(settled(entry));
}

// A mailbox that came in is in use when the master has said so, and not before: until then whoever
// moves it here may still take it back.
Status Operations::arrive(const MailboxEntry& entry, Client& master, std::optional<Error>& refused)
{
    TRY_ASSIGN(const bool taken, parts_.link.activate(entry, master, &refused));
    return taken ? parts_.put(settled(entry)) : success();
}

Status Operations::check_free(const MailboxName& name, Client* master)
{
    Status left = settle_own(name, master);
    const bool is_only_untold = left.is(Code::no_master) && master == nullptr;
    if (!left && !is_only_untold) return left;
    auto there = parts_.list.lookup(name);
    if (there.is(Code::not_found)) return success();
    if (!there) return there.error();
    if (there->has_left())
        return Error{Code::exists, cat("a copy that was moved away is here: ", name.internal())};
    const bool is_renamed = there->pending == Pending::rename_out;
    if (there->seen().state == EntryState::deleted && !is_renamed) return success();
    if ((there->seen().state == EntryState::reserved && there->is_local()) || is_renamed)
        return Error{Code::reserved, cat("mailbox name is reserved: ", name.internal())};
    return Error{Code::exists, cat("mailbox exists: ", name.internal())};
}

// Under the name's lock: as it is now, nothing left of an earlier operation.
Result<MailboxEntry> Operations::lookup_unmoved(const MailboxName& name, Client* master)
{
    // What only the master has not heard does not hold up the next change.
    if (Status left = settle_own(name, master); !left && !left.is(Code::no_master))
        return left.error();
    TRY_ASSIGN(MailboxEntry now, parts_.list.lookup(name));
    if (now.state == EntryState::moving || !now.is_local())
        return Error{Code::moved, "the mailbox is on its way to another server"};
    return now;
}

// --- CREATE

Status Operations::make(const MailboxEntry& entry, const std::string& uses)
{
    auto made = parts_.store.create(entry);
    if (!made) return made.error();
    return uses.empty() ? success() : parts_.store.set_special_use(entry, uses);
}

// Never with a message in it: then it stays, and the master hears of it.
Status Operations::undo_create(const MailboxEntry& entry, Client* master)
{
    const Status discarded = parts_.store.discard(entry);
    if (discarded.is(Code::exists) && parts_.is_in_store(entry)) {
        const MailboxEntry made = with(entry, EntryState::active, Pending::create);
        TRY(parts_.put(made));
        return announce(made, master);
    }
    TRY(discarded);
    if (parts_.link.is_needed()) {
        if (master == nullptr) return Error{Code::no_master, "it cannot be reached"};
        TRY(parts_.link.give_back(entry, *master));
    }
    return parts_.release(entry.name);
}

Status Operations::create(const MailboxEntry& entry, const std::string& uses, Tell tell,
                          const Fill& fill)
{
    told_later_ = false;
    master_.reset();
    TRY(mboxlist::check_mounted(parts_.config, parts_.list, entry.partition));
    if (tell == Tell::master) {
        TRY_ASSIGN(master_, parts_.link.connect());
    } else {
        (void)connected();  // what is left of an earlier operation may have to be told
    }
    Client* const master = master_.get();
    TRY_ASSIGN(auto held, parts_.locks.lock(entry.name));
    TRY(check_free(entry.name, master));
    const MailboxEntry intent = with(entry, EntryState::reserved, Pending::create);
    TRY(parts_.put(intent));
    Status done = success();
    if (tell == Tell::master && master != nullptr)
        done = parts_.link.reserve({&intent, 1}, *master);
    // Without an answer the intent stays: the agent finds out and gives the name back.
    if (done.is(Code::no_master)) return done;
    if (!done) {
        TRY(parts_.release(entry.name));
        return done;
    }
    done = make(intent, uses);
    if (done && fill) done = fill(intent);
    const bool is_announced = tell == Tell::master && parts_.link.is_needed();
    const MailboxEntry made =
        is_announced ? with(entry, EntryState::active, Pending::create) : settled(entry);
    if (done) done = parts_.put(made);
    if (!done) {
        Status undone = undo_create(intent, master);
        if (!undone && (tell == Tell::master || !undone.is(Code::no_master)))
            tell_later("RESERVE undone", entry.name, undone.error());
        return done;
    }
    if (!is_announced) return success();
    std::optional<Error> refused;
    if (Status announced = announce(made, master, &refused); !announced)
        tell_later("ACTIVATE", entry.name, announced.error());
    master->logout();
    if (refused) return *std::move(refused);
    return success();
}

// --- DELETE

Status Operations::finish_remove(const MailboxEntry& entry, Client* master, Tell tell)
{
    TRY(parts_.store.remove(entry));
    if (parts_.quotas != nullptr) TRY(parts_.quotas->remove(entry.name));
    if (entry.name.is_inbox()) TRY(parts_.users.remove(entry.name));
    if (tell == Tell::master && parts_.link.is_needed()) {
        if (master == nullptr) return Error{Code::no_master, "it cannot be reached"};
        TRY(parts_.link.remove(entry, *master));
    }
    return parts_.release(entry.name);
}

Status Operations::remove(const MailboxName& name, const Check& check, Tell tell)
{
    told_later_ = false;
    TRY_ASSIGN(auto held, parts_.locks.lock(name));
    master_.reset();
    Client* const master = tell == Tell::master ? connected() : nullptr;
    // LOCALDELETE: whatever state it is in.
    TRY_ASSIGN(const MailboxEntry before,
               tell == Tell::master ? lookup_unmoved(name, master) : parts_.list.lookup(name));
    TRY(check(before));
    const MailboxEntry tombstone = with(before, EntryState::deleted, Pending::remove);
    TRY(parts_.put(tombstone));
    Status done = finish_remove(tombstone, master, tell);
    if (done) return success();
    if (!done.is(Code::no_master) && parts_.is_in_store(before)) {
        TRY(parts_.put(before));
        return done;
    }
    tell_later("DELETE", name, done.error());
    return success();
}

// --- ACL

// The header's ACL is a copy of the list's: a disk that is full fails nothing, and it is written
// when what is left is settled.
Status Operations::finish_change(const MailboxEntry& entry, Client* master)
{
    const Status copied = parts_.store.acl_changed(entry);
    if (!copied)
        log::warning("the ACL in a mailbox's header is not the list's",
                     {{"mailbox", entry.name.internal()}, {"reason", copied.error()}});
    if (!copied.is(Code::no_space)) return announce(entry, master);
    if (parts_.link.is_needed() && master != nullptr) TRY(parts_.link.activate(entry, *master));
    return success();
}

Status Operations::change(const MailboxName& name, const Change& change)
{
    told_later_ = false;
    TRY_ASSIGN(auto held, parts_.locks.lock(name));
    master_.reset();
    Client* const master = connected();
    TRY_ASSIGN(MailboxEntry entry, lookup_unmoved(name, master));
    TRY(change(entry));
    entry = with(entry, EntryState::active, Pending::update);
    TRY(parts_.put(entry));
    if (Status told = finish_change(entry, master); !told)
        tell_later("ACTIVATE", name, told.error());
    return success();
}

// --- RENAME

Status Operations::rename(std::span<const Renaming> names, const Adapt& adapt)
{
    told_later_ = false;
    master_.reset();
    auto connected = parts_.link.connect();
    bool into_deleted = true;
    for (const Renaming& pair : names)
        into_deleted = into_deleted && pair.to.is_deleted(parts_.config.deletedprefix());
    if (!connected && !into_deleted) return connected.error();
    if (connected) master_ = *std::move(connected);
    Client* const master = master_.get();
    TRY_ASSIGN(auto held, parts_.locks.lock(names_of(names)));
    std::vector<RenameOperation::Pair> pairs;
    for (const Renaming& pair : names) {
        TRY_ASSIGN(MailboxEntry from, lookup_unmoved(pair.from, master));
        MailboxEntry to = settled(from);
        to.name = pair.to;
        TRY(adapt(from, to));
        TRY(check_free(pair.to, master));
        if (!parts_.is_in_store(from))
            return Error{Code::io, cat(pair.from.internal(), ": no mailbox in the store")};
        if (parts_.store.has_messages(to))
            return Error{Code::exists,
                         cat("messages that no list knows are at ", pair.to.internal())};
        pairs.push_back({std::move(from), std::move(to)});
    }
    RenameOperation operation(parts_, std::move(pairs));
    TRY(operation.run(master));
    told_later_ = !operation.is_told();
    if (master != nullptr) master->logout();
    return success();
}

// --- another partition

Status Operations::finish_partition(const MailboxEntry& entry, Client* master)
{
    MailboxEntry old = entry;
    old.partition = entry.other->partition;
    if (!parts_.is_in_store(entry))
        return Error{Code::io, cat(entry.name.internal(), ": no mailbox in the store")};
    TRY(parts_.store.remove(old));
    return announce(entry, master);
}

Status Operations::move_partition(const MailboxName& name, const std::string& partition,
                                  const Check& check)
{
    told_later_ = false;
    TRY_ASSIGN(auto held, parts_.locks.lock(name));
    master_.reset();
    Client* const master = connected();
    TRY_ASSIGN(MailboxEntry from, lookup_unmoved(name, master));
    TRY(check(from));
    from.other = model::Counterpart{name, partition};
    MailboxEntry to = from;
    to.partition = partition;
    to.other = model::Counterpart{name, from.partition};
    if (parts_.store.uniqueid_at(to) || parts_.store.has_messages(to))
        return Error{Code::exists,
                     cat("another mailbox is at ", name.internal(), " on ", partition)};
    TRY(parts_.put(with(from, EntryState::active, Pending::partition_out)));
    Status moved = parts_.store.rename(from, to);
    if (!moved && parts_.is_in_store(from)) {
        TRY(parts_.store.rename_back(from, to));
        TRY(parts_.put(settled(from)));
        return moved;
    }
    const MailboxEntry arrived = with(to, EntryState::active, Pending::partition_in);
    TRY(parts_.put(arrived));
    if (Status told = finish_partition(arrived, master); !told)
        tell_later("ACTIVATE", name, told.error());
    return success();
}

// --- MUPDATEPUSH

Status Operations::push(const MailboxName& name)
{
    TRY_ASSIGN(auto held, parts_.locks.lock(name));
    TRY_ASSIGN(MailboxEntry entry, parts_.list.lookup(name));
    if (!entry.is_local()) return Error{Code::moved, "the mailbox is not on this server"};
    if (entry.state != EntryState::active && !entry.is_incoming())
        return Error{Code::reserved, "the mailbox is not active"};
    if (!parts_.link.is_needed()) return success();
    if (push_connection_ && !push_connection_->is_connected()) push_connection_.reset();
    if (!push_connection_) {
        TRY_ASSIGN(push_connection_, parts_.link.connect());
    }
    if (entry.pending != Pending::none) return settle_entry(entry, push_connection_.get());
    std::optional<Error> refused;
    Status done = entry.is_incoming() ? arrive(entry, *push_connection_, refused)
                                      : announce(entry, push_connection_.get(), &refused);
    if (!done) push_connection_.reset();
    if (done && refused) return *std::move(refused);
    return done;
}

}  // namespace rookery::cluster
