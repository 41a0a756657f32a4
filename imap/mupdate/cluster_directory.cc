#include "imap/mupdate/cluster_directory.h"

#include "imap/mboxlist/kick.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/mupdate/agent.h"
#include "imap/mupdate/list_entry.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"

namespace rookery::mupdate {

namespace {

using mboxlist::LocalStep;
using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;
using model::Pending;
using StoreChange = mboxlist::Change;

constexpr size_t kWindow = 200;        // commands sent ahead of their answers
constexpr size_t kMaxSettled = 10000;  // pending entries looked at in one run
constexpr Milliseconds kTryOnce{0};

MailboxEntry with(MailboxEntry entry, EntryState state, Pending pending)
{
    entry.state = state;
    entry.pending = pending;
    if (state == EntryState::active) entry.elsewhere.reset();
    return entry;
}

std::vector<MailboxName> names_of(std::span<const MailboxEntry> a,
                                  std::span<const MailboxEntry> b = {})
{
    std::vector<MailboxName> names;
    for (const auto& e : a) names.push_back(e.name);
    for (const auto& e : b) names.push_back(e.name);
    return names;
}

Status run(const LocalStep& step)
{
    return step ? step() : success();
}

Error no_master(const Error& why)
{
    return {Code::no_master, why.text};
}

}  // namespace

ClusterDirectory::ClusterDirectory(const config::Config& config,
                                   std::unique_ptr<mboxlist::Directory> local)
    : config_(config), local_(std::move(local)), locks_(config)
{
}

Result<MailboxEntry> ClusterDirectory::lookup(const MailboxName& name)
{
    return local_->lookup(name);
}

Status ClusterDirectory::scan(const std::string& from_key,
                              const std::function<mboxlist::Next(const MailboxEntry&)>& each)
{
    return local_->scan(from_key, each);
}

Status ClusterDirectory::scan_server(const std::string& server,
                                     const std::function<mboxlist::Next(const MailboxEntry&)>& each)
{
    return local_->scan_server(server, each);
}

Status ClusterDirectory::scan_identifiers(
    std::span<const std::string> identifiers,
    const std::function<mboxlist::Next(const MailboxEntry&)>& each)
{
    return local_->scan_identifiers(identifiers, each);
}

Status ClusterDirectory::scan_pending(
    const std::function<mboxlist::Next(const MailboxEntry&)>& each)
{
    return local_->scan_pending(each);
}

std::string ClusterDirectory::location(const MailboxEntry& entry) const
{
    if (config_.mupdate_config() == config::MupdateConfig::replicated) return entry.partition;
    return cat(config_.servername(), '!', entry.partition);
}

Result<std::unique_ptr<Client>> ClusterDirectory::connect() const
{
    TRY_ASSIGN(auto master, Client::connect(config_));
    // A master that forgot names would give them away again.
    TRY_ASSIGN(auto there, ask_position(config_, *local_, *master));
    if (there.standing == Standing::other)
        return Error{Code::unavailable,
                     "the mupdate master was restored or replaced, and not promoted yet"};
    return master;
}

// The operation goes on, and the agent does what is left of it.
void ClusterDirectory::tell_later(std::string_view what, const MailboxName& name, const Error& why)
{
    told_later_ = true;
    log::warning("the mupdate master will be told later",
                 {{"change", what}, {"mailbox", name.internal()}, {"reason", why.text}});
}

Status ClusterDirectory::put(MailboxEntry entry)
{
    const StoreChange change = StoreChange::put(std::move(entry));
    return local_->commit({&change, 1});
}

// What was here or was to be is not: another server may have the name.
Status ClusterDirectory::release(const MailboxName& name)
{
    const StoreChange change = StoreChange::release(name);
    return local_->commit({&change, 1});
}

// ACTIVATE, and the entry is clear. An answer NO clears it too: it is a conflict for people.
Status ClusterDirectory::activate(const MailboxEntry& entry, Client& master, bool* refused)
{
    TRY_ASSIGN(Client::Reply reply,
               master.run(Verb::activate,
                          {entry.name.internal(), location(entry), entry.acl.to_string()}));
    if (!reply.ok)
        log::error("the mupdate master refuses a mailbox that is here",
                   {{"mailbox", entry.name.internal()}, {"reason", reply.text}});
    if (refused != nullptr) *refused = !reply.ok;
    return put(with(entry, EntryState::active, Pending::none));
}

// A mailbox that came in is in use when the master has said so, and not before: until then whoever
// moves it here may still take it back.
Status ClusterDirectory::arrive(const MailboxEntry& entry, Client& master, bool& refused)
{
    TRY_ASSIGN(Client::Reply reply,
               master.run(Verb::activate,
                          {entry.name.internal(), location(entry), entry.acl.to_string()}));
    refused = !reply.ok;
    if (refused) {
        log::error("the mupdate master refuses a mailbox that came in",
                   {{"mailbox", entry.name.internal()}, {"reason", reply.text}});
        return success();
    }
    return put(with(entry, EntryState::active, Pending::none));
}

// Undoes a RESERVE: the name is given back if it is reserved for us, and the intent goes.
Status ClusterDirectory::give_back(const MailboxEntry& entry, Client& master)
{
    TRY_ASSIGN(auto found, master.find(entry.name.internal()));
    if (found && !found->active && found->location == location(entry))
        TRY(master.remove_if_at(entry.name.internal(), location(entry)));
    return release(entry.name);
}

Status ClusterDirectory::settle_entry(const MailboxEntry& entry, Client& master)
{
    switch (entry.state) {
        case EntryState::reserved: return give_back(entry, master);
        case EntryState::active: return activate(entry, master);
        case EntryState::moving: return success();
        case EntryState::deleted: break;
    }
    TRY_ASSIGN(Client::Reply reply, master.remove_if_at(entry.name.internal(), location(entry)));
    if (!reply.ok)
        return Error{Code::denied, cat("the mupdate master refuses DELETE of ",
                                       entry.name.internal(), ": ", reply.text)};
    if (reply.text == "elsewhere")
        log::notice("a mailbox that was removed here is at another server now",
                    {{"mailbox", entry.name.internal()}});
    return release(entry.name);
}

// An operation first finishes what is left of its own names.
Status ClusterDirectory::settle_own(const MailboxName& name, Client* master)
{
    auto there = local_->lookup(name);
    if (there.is(Code::not_found)) return success();
    if (!there) return there.error();
    if (there->pending == Pending::none || !there->is_local()) return success();
    if (master == nullptr) return success();
    return settle_entry(*there, *master);
}

Status ClusterDirectory::check_free(const MailboxName& name, Client* master)
{
    Status settled = settle_own(name, master);
    if (!settled) return no_master(settled.error());
    auto there = local_->lookup(name);
    if (there.is(Code::not_found)) return success();
    if (!there) return there.error();
    if (there->has_left())
        return Error{Code::exists, cat("a copy that was moved away is here: ", name.internal())};
    if (there->seen().state == EntryState::deleted) return success();
    if (there->seen().state == EntryState::reserved && there->is_local())
        return Error{Code::reserved, cat("mailbox name is reserved: ", name.internal())};
    return Error{Code::exists, cat("mailbox exists: ", name.internal())};
}

// Under the name's lock: the caller's entry may be from before a move began.
Result<MailboxEntry> ClusterDirectory::lookup_unmoved(const MailboxName& name)
{
    TRY_ASSIGN(MailboxEntry now, local_->lookup(name));
    if (now.state == EntryState::moving || !now.is_local())
        return Error{Code::moved, "the mailbox is on its way to another server"};
    return now;
}

Status ClusterDirectory::create(const MailboxEntry& entry, const LocalStep& step)
{
    told_later_ = false;
    auto master = connect();
    if (!master) return no_master(master.error());
    TRY_ASSIGN(auto held, locks_.lock(entry.name));
    TRY(check_free(entry.name, master->get()));
    TRY(put(with(entry, EntryState::reserved, Pending::create)));
    auto reply = (*master)->run(Verb::reserve, {entry.name.internal(), location(entry)});
    // Without an answer the intent stays: the agent finds out and gives the name back.
    if (!reply) return no_master(reply.error());
    if (!reply->ok) {
        TRY(release(entry.name));
        return Error{Code::exists, reply->text};
    }
    Status done = run(step);
    if (!done) {
        Status undone = give_back(entry, **master);
        if (!undone) tell_later("RESERVE undone", entry.name, undone.error());
        return done;
    }
    const MailboxEntry told = with(entry, EntryState::active, Pending::create);
    TRY(put(told));
    bool refused = false;
    Status announced = activate(told, **master, &refused);
    if (!announced) tell_later("ACTIVATE", entry.name, announced.error());
    (*master)->logout();
    if (refused) return Error{Code::exists, "the mailbox is active at another server"};
    return success();
}

Status ClusterDirectory::remove(const MailboxEntry& entry, const LocalStep& step)
{
    told_later_ = false;
    TRY_ASSIGN(auto held, locks_.lock(entry.name));
    TRY_ASSIGN(MailboxEntry before, lookup_unmoved(entry.name));
    const MailboxEntry tombstone = with(before, EntryState::deleted, Pending::remove);
    TRY(put(tombstone));
    Status done = run(step);
    if (!done) {
        TRY(put(before));
        return done;
    }
    auto master = connect();
    Status told = master ? settle_entry(tombstone, **master) : Status(master.error());
    if (!told) tell_later("DELETE", entry.name, told.error());
    if (master) (*master)->logout();
    return success();
}

Status ClusterDirectory::update(const MailboxEntry& entry, const LocalStep& step)
{
    told_later_ = false;
    TRY_ASSIGN(auto held, locks_.lock(entry.name));
    TRY(lookup_unmoved(entry.name));
    TRY(run(step));
    const MailboxEntry told = with(entry, EntryState::active, Pending::update);
    TRY(put(told));
    auto master = connect();
    Status announced = master ? activate(told, **master) : Status(master.error());
    if (!announced) tell_later("ACTIVATE", entry.name, announced.error());
    if (master) (*master)->logout();
    return success();
}

// All or none: after a refusal the names that were got are given back.
Status ClusterDirectory::reserve_all(std::span<const MailboxEntry> to, Client& master)
{
    std::string refusal;
    for (size_t begin = 0; begin < to.size() && refusal.empty(); begin += kWindow) {
        auto window = to.subspan(begin, std::min(kWindow, to.size() - begin));
        for (const auto& entry : window)
            master.send(Verb::reserve, {entry.name.internal(), location(entry)});
        TRY(master.flush());
        for (size_t i = 0; i < window.size(); ++i) {
            TRY_ASSIGN(Client::Reply reply, master.reply());
            if (!reply.ok && refusal.empty())
                refusal = cat(window[i].name.internal(), ": ", reply.text);
        }
    }
    if (refusal.empty()) return success();
    return Error{Code::exists, refusal};
}

Status ClusterDirectory::undo_all(std::span<const MailboxEntry> to, Client* master)
{
    for (const auto& entry : to)
        TRY(master != nullptr ? give_back(entry, *master) : release(entry.name));
    return success();
}

Status ClusterDirectory::announce(std::span<const MailboxEntry> from,
                                  std::span<const MailboxEntry> to, Client& master)
{
    for (const auto& entry : to)
        TRY(activate(with(entry, EntryState::active, Pending::rename_new), master));
    for (const auto& entry : from)
        TRY(settle_entry(with(entry, EntryState::deleted, Pending::remove), master));
    return success();
}

Status ClusterDirectory::rename(std::span<const MailboxEntry> from,
                                std::span<const MailboxEntry> to, const LocalStep& step)
{
    told_later_ = false;
    bool into_deleted = true;
    for (const auto& entry : to)
        into_deleted = into_deleted && entry.name.is_deleted(config_.deletedprefix());
    auto connected = connect();
    if (!connected && !into_deleted) return no_master(connected.error());
    Client* master = connected ? connected->get() : nullptr;
    const std::vector<MailboxName> names = names_of(from, to);
    TRY_ASSIGN(auto held, locks_.lock(names));
    for (const auto& entry : from) TRY(lookup_unmoved(entry.name));
    for (const auto& entry : to) TRY(check_free(entry.name, master));
    std::vector<StoreChange> intents;
    for (const auto& entry : to)
        intents.push_back(StoreChange::put(with(entry, EntryState::reserved, Pending::rename_new)));
    TRY(local_->commit(intents));
    Status done = master != nullptr ? reserve_all(to, *master) : success();
    // Names in the deleted namespace are never refused: the time in them is ours.
    const bool lost = !done && !done.is(Code::exists);
    if (lost && into_deleted) {
        master = nullptr;
        done = success();
    }
    if (done) done = run(step);
    if (!done) {
        Status undone = lost ? Status(done) : undo_all(to, master);
        if (!undone) tell_later("RESERVE undone", to.front().name, undone.error());
        return lost ? no_master(done.error()) : done.error();
    }
    std::vector<StoreChange> changes;
    for (const auto& entry : to)
        changes.push_back(StoreChange::put(with(entry, EntryState::active, Pending::rename_new)));
    for (const auto& entry : from)
        changes.push_back(StoreChange::put(with(entry, EntryState::deleted, Pending::remove)));
    TRY(local_->commit(changes));
    Status told = master != nullptr ? announce(from, to, *master)
                                    : Status(Error{Code::unavailable, "it cannot be reached"});
    if (!told && !from.empty()) tell_later("RENAME", from.front().name, told.error());
    if (master != nullptr) master->logout();
    return success();
}

Status ClusterDirectory::push(const MailboxName& name)
{
    TRY_ASSIGN(auto held, locks_.lock(name));
    TRY_ASSIGN(MailboxEntry entry, local_->lookup(name));
    if (!entry.is_local()) return Error{Code::moved, "the mailbox is not on this server"};
    if (entry.state != EntryState::active && !entry.is_incoming())
        return Error{Code::reserved, "the mailbox is not active"};
    if (push_connection_ && !push_connection_->is_connected()) push_connection_.reset();
    if (!push_connection_) {
        auto master = connect();
        if (!master) return no_master(master.error());
        push_connection_ = *std::move(master);
    }
    bool refused = false;
    Status done = entry.is_incoming() ? arrive(entry, *push_connection_, refused)
                                      : activate(entry, *push_connection_, &refused);
    if (!done) push_connection_.reset();
    if (done && refused) return Error{Code::exists, "the mailbox is active at another server"};
    return done;
}

Status ClusterDirectory::settle_pending()
{
    std::vector<MailboxEntry> pending;
    TRY(local_->scan_pending([&](const MailboxEntry& entry) {
        if (entry.is_local()) pending.push_back(entry);
        return pending.size() < kMaxSettled ? mboxlist::Next::go_on() : mboxlist::Next::stop();
    }));
    if (pending.empty()) return success();
    auto master = connect();
    if (!master) return no_master(master.error());
    Status worst = success();
    // What is new is told before what is gone: a renamed mailbox is never nowhere.
    for (const bool tombstones : {false, true}) {
        for (const auto& seen : pending) {
            auto held = locks_.lock(seen.name, kTryOnce);
            if (!held) continue;  // someone works on it
            auto entry = local_->lookup(seen.name);
            if (!entry || entry->pending == Pending::none) continue;
            if ((entry->state == EntryState::deleted) != tombstones) continue;
            Status settled = settle_entry(*entry, **master);
            if (settled) continue;
            log::warning("a pending change is not settled",
                         {{"mailbox", seen.name.internal()}, {"error", settled.error()}});
            worst = settled;
            if (!(*master)->is_connected()) return no_master(settled.error());
        }
    }
    (*master)->logout();
    return worst;
}

Result<std::unique_ptr<mboxlist::Directory>> open_cluster_directory(const config::Config& config)
{
    TRY_ASSIGN(std::unique_ptr<mboxlist::Directory> list, mboxlist::open_directory(config));
    if (!config::tells_master(config)) return list;
    return std::unique_ptr<mboxlist::Directory>(
        std::make_unique<ClusterDirectory>(config, std::move(list)));
}

}  // namespace rookery::mupdate
