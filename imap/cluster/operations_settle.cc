// What a crash, or a master that was away, has left of operations.
#include "imap/cluster/operations.h"
#include "imap/cluster/rename_operation.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::cluster {
namespace {

using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;
using model::Pending;

constexpr size_t kMaxSettled = 10000;  // pending entries looked at in one run
constexpr Milliseconds kTryOnce{0};

}  // namespace

Status Operations::settle_entry(const MailboxEntry& entry, Client* master)
{
    switch (entry.pending) {
        case Pending::none: return success();
        case Pending::create:
            return entry.state == EntryState::reserved ? undo_create(entry, master)
                                                       : announce(entry, master);
        case Pending::remove: return finish_remove(entry, master, Tell::master);
        case Pending::update: return finish_change(entry, master);
        case Pending::rename_in:
        case Pending::rename_out:
            return entry.operation.empty() ? settle_old_rename(entry, master)
                                           : settle_rename(entry, master);
        case Pending::partition_out: return settle_partition(entry, master);
        case Pending::partition_in: return finish_partition(entry, master);
    }
    return success();
}

// All of its names are locked first: a name that is not free is somebody's who works on it.
Status Operations::settle_rename(const MailboxEntry& entry, Client* master)
{
    TRY_ASSIGN(RenameOperation seen, RenameOperation::left(parts_, entry.operation));
    TRY_ASSIGN(auto held, parts_.locks.lock(seen.names(), kTryOnce));
    TRY_ASSIGN(RenameOperation operation, RenameOperation::left(parts_, entry.operation));
    if (operation.empty()) return success();
    return operation.resume(master);
}

// A rename that versions 1 and 2 of the list's entries began: it named one side only.
Status Operations::settle_old_rename(const MailboxEntry& entry, Client* master)
{
    if (entry.state == EntryState::active) return announce(entry, master);
    std::optional<MailboxEntry> source;
    if (parts_.is_in_store(entry))
        TRY(parts_.list.scan_server("", [&](const MailboxEntry& other) {
            if (other.name != entry.name && other.uniqueid == entry.uniqueid &&
                other.state == EntryState::active)
                source = other;
            return source ? mboxlist::Next::stop() : mboxlist::Next::go_on();
        }));
    if (!source || parts_.is_in_store(*source)) {
        if (parts_.link.is_needed()) {
            if (master == nullptr) return Error{Code::no_master, "it cannot be reached"};
            TRY(parts_.link.give_back(entry, *master));
        }
        return parts_.release(entry.name);
    }
    log::notice("a rename that was cut short is completed",
                {{"mailbox", source->name.internal()}, {"to", entry.name.internal()}});
    return RenameOperation(parts_, {{*std::move(source), entry}}).run(master);
}

Status Operations::settle_partition(const MailboxEntry& entry, Client* master)
{
    if (!entry.other) return Error{Code::corrupt, "a change of partition without its other side"};
    MailboxEntry to = entry;
    to.partition = entry.other->partition;
    if (parts_.is_in_store(entry)) {
        TRY(parts_.store.rename_back(entry, to));
        return parts_.put(settled(entry));
    }
    if (!parts_.is_in_store(to))
        return Error{Code::io, cat(entry.name.internal(), ": no mailbox in the store")};
    to.other = model::Counterpart{entry.name, entry.partition};
    to = with(to, EntryState::active, Pending::partition_in);
    TRY(parts_.put(to));
    return finish_partition(to, master);
}

// An operation first finishes what is left of its own names.
Status Operations::settle_own(const MailboxName& name, Client* master)
{
    auto there = parts_.list.lookup(name);
    if (there.is(Code::not_found)) return success();
    if (!there) return there.error();
    return there->is_local() ? settle_entry(*there, master) : success();
}

Status Operations::settle(const MailboxName& name)
{
    auto seen = parts_.list.lookup(name);
    if (!seen || seen->pending == Pending::none) return success();
    TRY_ASSIGN(auto held, parts_.locks.lock(name, kTryOnce));
    master_.reset();
    return settle_own(name, connected());
}

// tried: the renames of this run. One of many names is looked at once, whatever comes of it.
Status Operations::settle_one(const MailboxName& name, bool tombstones, Client* master,
                              std::set<std::string>& tried)
{
    auto held = parts_.locks.lock(name, kTryOnce);
    if (!held) return success();  // somebody works on it
    auto entry = parts_.list.lookup(name);
    if (!entry || entry->pending == Pending::none) return success();
    if ((entry->state == EntryState::deleted) != tombstones) return success();
    if (!entry->operation.empty() && !tried.insert(entry->operation).second) return success();
    Status done = settle_entry(*entry, master);
    if (done.is(Code::busy)) return success();
    if (!done)
        log::warning("a pending change is not settled",
                     {{"mailbox", name.internal()}, {"error", done.error()}});
    return done;
}

Status Operations::settle_all(Client* master)
{
    std::vector<MailboxName> pending;
    TRY(parts_.list.scan_pending([&](const MailboxEntry& entry) {
        if (entry.is_local()) pending.push_back(entry.name);
        return pending.size() < kMaxSettled ? mboxlist::Next::go_on() : mboxlist::Next::stop();
    }));
    Status worst = success();
    std::set<std::string> tried;
    // What is new is told before what is gone: a renamed mailbox is never nowhere.
    for (const bool tombstones : {false, true}) {
        for (const MailboxName& name : pending) {
            // The store's part is done without a master too.
            if (master != nullptr && !master->is_connected()) master = nullptr;
            Status done = settle_one(name, tombstones, master, tried);
            if (!done) worst = std::move(done);
        }
    }
    return worst;
}

}  // namespace rookery::cluster
