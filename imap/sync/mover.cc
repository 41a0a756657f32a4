#include "imap/sync/mover.h"

#include <algorithm>
#include <memory>

#include "imap/mboxlist/namespace_options.h"
#include "imap/mboxlist/subscriptions.h"
#include "imap/model/namespace.h"
#include "imap/mupdate/client.h"
#include "imap/mupdate/master/list_entry.h"
#include "imap/scripts/scripts.h"
#include "imap/sync/client.h"
#include "imap/sync/copier.h"
#include "imap/sync/unit.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "lib/config/murder_role.h"

namespace rookery::sync {

using scripts::Scripts;

using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;
using mupdate::Verb;

namespace {

constexpr int kMaxPasses = 20;
constexpr uint64_t kSmallPass = 50;  // so few records are left to the freeze
constexpr size_t kWindow = 200;      // commands sent ahead of their answers

Status put_all(mboxlist::Directory& directory, std::span<const MailboxEntry> entries)
{
    for (size_t at = 0; at < entries.size(); at += mboxlist::kMaxBatch) {
        std::vector<mboxlist::Change> changes;
        for (const MailboxEntry& entry :
             entries.subspan(at, std::min(mboxlist::kMaxBatch, entries.size() - at)))
            changes.push_back(mboxlist::Change::put(entry));
        TRY(directory.commit(changes));
    }
    return success();
}

std::vector<MailboxName> names_of(std::span<const MailboxEntry> entries)
{
    std::vector<MailboxName> names;
    for (const MailboxEntry& entry : entries) names.push_back(entry.name);
    return names;
}

MailboxEntry as_local(MailboxEntry entry)
{
    entry.server.clear();
    return entry;
}

}  // namespace

// One run of one move.
class MoveRun {
 public:
    MoveRun(Mover& mover, MoveJournal& journal, const Mover::Progress& progress)
        : mover_(mover), here_(mover.here_), journal_(journal), progress_(progress)
    {
    }

    Status copy()
    {
        TRY(connect());
        TRY(refresh());
        if (entries_.empty()) return Error{Code::not_found, "there is no such mailbox here"};
        for (const MailboxEntry& entry : entries_)
            if (entry.state != EntryState::active || entry.pending != model::Pending::none)
                return Error{Code::busy, cat(entry.name.internal(), " is being changed")};
        uint64_t before = UINT64_MAX;
        for (int pass = 0; pass < kMaxPasses; ++pass) {
            TRY(refresh());
            TRY_ASSIGN(const uint64_t sent, copier_->copy(entries_));
            if (pass == 0) TRY(copier_->copy_around(entries_, userid()));
            say(cat("pass ", pass + 1, ": ", sent, " records"));
            // Small enough, or not getting smaller.
            if (pass > 0 && (sent <= kSmallPass || sent >= before)) break;
            before = sent;
        }
        return success();
    }

    Status freeze()
    {
        TRY(connect());
        TRY(connect_master());
        TRY(stop_writers());
        TRY(tell_frozen());
        say("frozen");
        TRY(remove_strangers());
        TRY(copier_->copy(entries_));
        TRY(copier_->copy_around(entries_, userid()));
        return copier_->compare(entries_, userid());
    }

    // Asks the destination to tell the master. Codes: denied: it refuses, and the master says that
    // the mailboxes are here; everything else is in doubt, or ahead of us.
    Status activate()
    {
        TRY(refresh());
        TRY(connect());
        const model::Namespace names = admin_names();
        Status asked = success();
        for (const MailboxEntry& entry : entries_) {
            asked = push(names, entry);
            if (!asked) break;
        }
        if (asked) return all_active_there();
        // An answer that did not come may have been yes, and may still be on its way.
        if (!there_->stream().ok()) return asked;
        TRY_ASSIGN(const bool any, any_active_there());
        if (any) return asked;
        return Error{Code::denied,
                     cat("the destination refuses to activate: ", asked.error().text)};
    }

    // Entries point there, sessions here are told.
    Status leave()
    {
        TRY(refresh());
        std::vector<MailboxEntry> left = entries_;
        for (MailboxEntry& entry : left) {
            entry.state = EntryState::moving;
            entry.server = journal_.record().server;
            if (config::holds_replica(here_.config)) TRY(show_there(entry));
        }
        TRY_ASSIGN(auto held, mover_.locks_.lock(names_of(entries_)));
        for (const MailboxEntry& entry : entries_) TRY(here_.sync.leave(entry));
        return put_all(here_.directory, left);
    }

    // Afterwards nothing that this server says changes who has them (doc/rules.md 1.1).
    Status close_at_master()
    {
        TRY(connect_master());
        for (const MailboxEntry& entry : entries_) {
            TRY_ASSIGN(const auto found, master_->find(entry.name.internal()));
            if (!found || !found->active || is_here(found->location)) continue;
            TRY(master_->remove_if_at(entry.name.internal(), location(entry)));
        }
        return success();
    }

    // The mailboxes are active here again, at the master first. Code::moved: they are at the
    // destination, there is only forward.
    Status go_back()
    {
        TRY(refresh());
        std::vector<MailboxEntry> frozen;
        for (const MailboxEntry& entry : entries_)
            if (entry.state == EntryState::moving) frozen.push_back(entry);
        if (!frozen.empty()) {
            TRY(connect_master());
            TRY_ASSIGN(const bool any, any_active_there());
            if (any) return Error{Code::moved, "the destination is active already"};
            TRY(tell_active(frozen));
            TRY_ASSIGN(auto held, mover_.locks_.lock(names_of(frozen)));
            for (const MailboxEntry& entry : frozen) TRY(here_.sync.freeze(entry, false));
            for (MailboxEntry& entry : frozen) {
                entry.state = EntryState::active;
                entry.elsewhere.reset();
            }
            TRY(put_all(here_.directory, frozen));
        }
        if (Status gone = clean_up(); !gone)
            log::notice("a copy is left at the destination",
                        {{"mailbox", journal_.record().name.internal()},
                         {"server", journal_.record().server},
                         {"reason", gone.error()}});
        return success();
    }

 private:
    void say(const std::string& what)
    {
        log::info("move", {{"mailbox", journal_.record().name.internal()}, {"at", what}});
        if (progress_) progress_(what);
    }

    std::string userid() const
    {
        const MailboxName& name = journal_.record().name;
        return name.is_inbox() ? name.user() : std::string();
    }

    Status refresh()
    {
        TRY_ASSIGN(entries_,
                   unit_of(here_.directory, journal_.record().name, here_.config.deletedprefix()));
        std::erase_if(entries_, [](const MailboxEntry& e) { return e.is_incoming(); });
        return success();
    }

    Status connect()
    {
        if (there_) return success();
        TRY_ASSIGN(there_, SyncClient::connect(here_.config, journal_.record().server));
        copier_ = std::make_unique<Copier>(here_, *there_, journal_.record().partition,
                                           journal_.is_new(), progress_);
        return success();
    }

    Status connect_master()
    {
        if (master_ && master_->is_connected()) return success();
        auto connected = mupdate::Client::connect(here_.config);
        if (!connected) return Error{Code::no_master, connected.error().text};
        master_ = *std::move(connected);
        return success();
    }

    // Clients of this server find it at the destination from now on.
    Status show_there(MailboxEntry& entry)
    {
        TRY(connect_master());
        TRY_ASSIGN(const auto found, master_->find(entry.name.internal()));
        if (!found || !found->active || is_here(found->location)) return success();
        TRY_ASSIGN(entry.elsewhere, model::parse_location(found->location));
        return success();
    }

    std::string location(const MailboxEntry& entry) const
    {
        return cat(here_.config.servername(), '!', entry.partition);
    }

    // From here on nobody changes them: the list first, under the names' locks, then each mailbox,
    // whose own lock waits for the writer that is at work.
    Status stop_writers()
    {
        TRY(refresh());
        {
            TRY_ASSIGN(auto held, mover_.locks_.lock(names_of(entries_)));
            const std::vector<MailboxName> before = names_of(entries_);
            TRY(refresh());
            if (!(before == names_of(entries_)))
                return Error{Code::busy, "mailboxes are being made or removed"};
            std::vector<MailboxEntry> frozen;
            for (MailboxEntry& entry : entries_) {
                if (entry.pending != model::Pending::none)
                    return Error{Code::busy, cat(entry.name.internal(), " is being changed")};
                if (entry.state == EntryState::moving) continue;
                entry.state = EntryState::moving;
                frozen.push_back(entry);
            }
            TRY(put_all(here_.directory, frozen));
        }
        for (const MailboxEntry& entry : entries_) TRY(here_.sync.freeze(entry, true));
        return success();
    }

    // doc/rules.md 1.1: DEACTIVATE opens the move.
    Status tell_frozen()
    {
        return in_windows(entries_, [&](std::span<const MailboxEntry> window) -> Status {
            for (const MailboxEntry& entry : window)
                master_->send(Verb::deactivate, {entry.name.internal(), location(entry)});
            TRY(master_->flush());
            std::vector<const MailboxEntry*> refused;
            for (const MailboxEntry& entry : window) {
                TRY_ASSIGN(const auto reply, master_->reply());
                if (!reply.ok) refused.push_back(&entry);
            }
            for (const MailboxEntry* entry : refused) TRY(check_reserved(*entry));
            return success();
        });
    }

    // A refused DEACTIVATE is none if an earlier run's was heard, or if the master does not know
    // the mailbox, which then is reserved for us now.
    Status check_reserved(const MailboxEntry& entry)
    {
        TRY_ASSIGN(auto found, master_->find(entry.name.internal()));
        if (!found) {
            TRY_ASSIGN(const auto reply,
                       master_->run(Verb::reserve, {entry.name.internal(), location(entry)}));
            if (reply.ok) return success();
        } else if (!found->active && is_here(found->location)) {
            return success();
        }
        return Error{Code::denied,
                     cat("the mupdate master refuses DEACTIVATE of ", entry.name.internal())};
    }

    Status tell_active(std::span<const MailboxEntry> entries)
    {
        return in_windows(entries, [&](std::span<const MailboxEntry> window) -> Status {
            for (const MailboxEntry& entry : window)
                master_->send(Verb::activate,
                              {entry.name.internal(), location(entry), entry.acl.to_string()});
            TRY(master_->flush());
            Status refused = success();
            for (const MailboxEntry& entry : window) {
                TRY_ASSIGN(const auto reply, master_->reply());
                if (!reply.ok)
                    refused = Error{Code::denied, cat("the mupdate master refuses ",
                                                      entry.name.internal(), ": ", reply.text)};
            }
            return refused;
        });
    }

    template <class Each>
    Status in_windows(std::span<const MailboxEntry> entries, const Each& each)
    {
        for (size_t at = 0; at < entries.size(); at += kWindow)
            TRY(each(entries.subspan(at, std::min(kWindow, entries.size() - at))));
        return success();
    }

    bool is_here(std::string_view wire_location) const
    {
        return mupdate::server_of(wire_location) == here_.config.servername();
    }

    // What the destination says is one thing; where the master has them, the other.
    Status all_active_there()
    {
        TRY(connect_master());
        for (const MailboxEntry& entry : entries_) {
            TRY_ASSIGN(const auto found, master_->find(entry.name.internal()));
            if (!found || !found->active || is_here(found->location))
                return Error{Code::unavailable, cat("the mupdate master does not place ",
                                                    entry.name.internal(), " there")};
        }
        return success();
    }

    Result<bool> any_active_there()
    {
        TRY(connect_master());
        for (const MailboxEntry& entry : entries_) {
            TRY_ASSIGN(const auto found, master_->find(entry.name.internal()));
            if (found && found->active && !is_here(found->location)) return true;
        }
        return false;
    }

    // Mailboxes that were copied and are not here any more: renamed or deleted meanwhile.
    Status remove_strangers()
    {
        std::vector<MailboxEntry> strangers;
        auto note = [&](const std::string& answer, const Dlist& value) -> Status {
            if (answer != "MAILBOX") return success();
            TRY_ASSIGN(MailboxValue there, parse_mailbox(value, {}));
            for (const MailboxEntry& entry : entries_)
                if (entry.name == there.entry.name) return success();
            // A server of Cyrus does not say whose it is: deleted there earlier, perhaps.
            if (!there_->is_ours() && there.entry.name.is_deleted(here_.config.deletedprefix()))
                return success();
            strangers.push_back(std::move(there.entry));
            return success();
        };
        if (userid().empty()) return success();
        std::string name;
        put_string(name, userid());
        TRY(there_->get("USER", name, note));
        return copier_->remove(strangers);
    }

    Status clean_up()
    {
        // Why it is given up may be the connection.
        if (there_) TRY(there_->reconnect(here_.config));
        TRY(connect());
        TRY(remove_strangers());
        TRY(copier_->remove(entries_));
        return copier_->remove_around(entries_, userid());
    }

    model::Namespace admin_names() const
    {
        return model::Namespace(mboxlist::namespace_options(here_.config),
                                here_.config.proxy_authname(), true);
    }

    Status push(const model::Namespace& names, const MailboxEntry& entry)
    {
        auto external = names.to_external(entry.name);
        if (!external) return Error{Code::bad_name, entry.name.internal()};
        return there_->push(*external);
    }

    Mover& mover_;
    const LocalSide& here_;
    MoveJournal& journal_;
    const Mover::Progress& progress_;
    std::unique_ptr<SyncClient> there_;
    std::unique_ptr<Copier> copier_;
    std::unique_ptr<mupdate::Client> master_;
    std::vector<MailboxEntry> entries_;
};

Mover::Mover(const LocalSide& here) : here_(here), locks_(here.config) {}

Status Mover::check(const MailboxName& name, const MoveTarget& target)
{
    if (here_.config.mupdate_server().empty())
        return Error{Code::unsupported, "there is no murder: mupdate_server is not set"};
    if (target.server == here_.config.servername())
        return Error{Code::unsupported, "Invalid server requested"};
    if (!name.is_inbox() && !name.user().empty())
        return Error{Code::unsupported, "a user's mailboxes move with the INBOX"};
    TRY_ASSIGN(const auto entries, unit_of(here_.directory, name, here_.config.deletedprefix()));
    if (entries.empty()) return Error{Code::not_found, "there is no such mailbox here"};
    TRY_ASSIGN(const auto there, SyncClient::connect(here_.config, target.server));
    TRY_ASSIGN(const auto master, mupdate::Client::connect(here_.config));
    return success();
}

Status Mover::move(const MailboxName& name, const MoveTarget& target, const Progress& progress)
{
    TRY(check(name, target));
    const MoveRecord begin{
        .name = name, .server = target.server, .partition = target.partition, .error = {}};
    TRY_ASSIGN(MoveJournal journal, MoveJournal::open(here_.config, name, &begin));
    if (journal.record().state == MoveState::moved) {
        // It came back meanwhile, and what it left here the first time is to go.
        TRY(purge(journal, Purge::now));
        TRY(journal.begin(begin));
    }
    if (journal.record().server != target.server) {
        if (journal.record().state != MoveState::copy)
            return Error{Code::busy,
                         cat("a move to ", journal.record().server, " is not finished")};
        TRY(journal.set_target(target.server, target.partition));
    }
    return run(journal, progress);
}

// The state machine of mover.h. A state is in the journal before its work begins, and every work
// may be done again, so that this loop goes on from wherever a run or a process ended. copy and
// freeze fail to abort. abort ends in the error that led there, or forward, if the destination is
// active after all. activate fails to abort only by the master's or destination's clear no; where
// that is not known the journal stays and the agent asks again.
Status Mover::run(MoveJournal& journal, const Progress& progress)
{
    MoveRun run(*this, journal, progress);
    Error why{Code::unavailable, {}};
    for (;;) {
        switch (journal.record().state) {
            case MoveState::copy: {
                Status copied = run.copy();
                if (copied) {
                    TRY(journal.set_state(MoveState::freeze));
                    break;
                }
                why = copied.error();
                TRY(journal.set_state(MoveState::abort));
                break;
            }
            case MoveState::freeze: {
                Status frozen = run.freeze();
                if (frozen) {
                    TRY(journal.set_state(MoveState::activate));
                    break;
                }
                why = frozen.error();
                TRY(journal.set_state(MoveState::abort));
                break;
            }
            case MoveState::abort: {
                Status back = run.go_back();
                if (back.is(Code::moved)) {
                    TRY(journal.set_state(MoveState::activate));
                    break;
                }
                if (!back) {
                    TRY(journal.note(back.error()));
                    log::error("a move was given up and its mailboxes cannot be freed yet",
                               {{"mailbox", journal.record().name.internal()},
                                {"reason", why},
                                {"hindrance", back.error()}});
                    return Error{Code::moved, cat(why.text, "; and: ", back.error().text)};
                }
                log::notice("a move was given up",
                            {{"mailbox", journal.record().name.internal()}, {"reason", why}});
                TRY(journal.remove());
                return why;
            }
            case MoveState::activate: {
                Status active = run.activate();
                if (active.is(Code::denied)) {
                    why = active.error();
                    TRY(journal.set_state(MoveState::abort));
                    break;
                }
                if (!active) {
                    TRY(journal.note(active.error()));
                    return Error{Code::moved, cat("it is not known yet whether the destination is "
                                                  "active: ",
                                                  active.error().text)};
                }
                TRY(run.leave());
                if (Status closed = run.close_at_master(); !closed)
                    log::info("a move stays open at the mupdate master",
                              {{"mailbox", journal.record().name.internal()},
                               {"reason", closed.error()}});
                TRY(journal.set_state(MoveState::moved));
                log::notice("moved", {{"mailbox", journal.record().name.internal()},
                                      {"server", journal.record().server}});
                break;
            }
            case MoveState::moved: return purge(journal, Purge::when_due);
        }
    }
}

// What was left here goes, when its time has come and another server holds it. What the master does
// not know, in a unit that it knows, was deleted where it went.
Status Mover::purge(MoveJournal& journal, Purge how)
{
    const MoveRecord& record = journal.record();
    const auto grace = std::chrono::duration_cast<Seconds>(here_.config.move_grace()).count();
    if (how == Purge::when_due && wall_seconds() < record.changed + grace) return success();
    std::vector<MailboxEntry> left;
    TRY(here_.directory.scan_server(record.server, [&](const MailboxEntry& entry) {
        if (entry.has_left() && is_in_unit(record.name, entry.name, here_.config.deletedprefix()))
            left.push_back(entry);
        return mboxlist::Next::go_on();
    }));
    size_t kept = 0;
    auto connected = mupdate::Client::connect(here_.config);
    if (!connected) return Error{Code::no_master, connected.error().text};
    TRY_ASSIGN(const auto top, (*connected)->find(record.name.internal()));
    const bool is_known = (top && top->active) || how == Purge::also_unknown;
    for (const MailboxEntry& entry : left) {
        TRY_ASSIGN(const auto found, (*connected)->find(entry.name.internal()));
        const bool elsewhere = found && found->active &&
                               mupdate::server_of(found->location) != here_.config.servername();
        if (!elsewhere && (found || !is_known)) {
            log::notice("a moved mailbox stays here: the master does not say who has it",
                        {{"mailbox", entry.name.internal()}});
            ++kept;
            continue;
        }
        TRY_ASSIGN(auto held, locks_.lock(entry.name));
        TRY(here_.store.remove(as_local(entry)));
        TRY(here_.quotas.remove(entry.name));
        const auto change = mboxlist::Change::release(entry.name);
        TRY(here_.directory.commit({&change, 1}));
    }
    if (kept > 0 && how == Purge::also_unknown)
        return Error{Code::reserved, "another server is about to have it"};
    if (kept > 0) return success();
    const auto now = here_.directory.lookup(record.name);
    const bool is_here = now ? now->is_local() : !now.is(Code::not_found);
    if (record.name.is_inbox() && !is_here) {
        const std::string user = record.name.user();
        mboxlist::Subscriptions subscriptions(here_.config.configdirectory(), user);
        TRY(subscriptions.remove_all());
        TRY_ASSIGN(Scripts scripts, Scripts::of(here_.config, user));
        TRY(scripts.remove_all());
    }
    return journal.remove();
}

Status Mover::resume(const MailboxName& name, const Progress& progress)
{
    TRY_ASSIGN(MoveJournal journal, MoveJournal::open(here_.config, name));
    return run(journal, progress);
}

Status Mover::resume_all()
{
    TRY_ASSIGN(const auto moves, list_moves(here_.config));
    Status worst = success();
    for (const auto& [file, error] : moves.others) {
        log::error("the journal of a move cannot be read", {{"file", file}, {"reason", error}});
        worst = Error{error.code, cat(file, ": ", error.text)};
    }
    for (const MoveRecord& move : moves.readable) {
        Status done = resume(move.name, nullptr);
        if (done || done.is(Code::busy) || done.is(Code::not_found)) continue;
        log::warning("a move is not finished",
                     {{"mailbox", move.name.internal()}, {"reason", done.error()}});
        worst = std::move(done);
    }
    return worst;
}

Status Mover::abort(const MailboxName& name)
{
    TRY_ASSIGN(MoveJournal journal, MoveJournal::open(here_.config, name));
    if (journal.record().state == MoveState::moved)
        return Error{Code::moved, "the destination is active: there is only forward"};
    TRY(journal.set_state(MoveState::abort));
    Status done = run(journal, nullptr);
    // The journal is gone: it is as it was.
    if (read_move(here_.config, name).is(Code::not_found)) return success();
    return done ? Status(Error{Code::moved, "the destination is active: there is only forward"})
                : done;
}

Status Mover::purge(const MailboxName& name)
{
    TRY_ASSIGN(MoveJournal journal, MoveJournal::open(here_.config, name));
    if (journal.record().state != MoveState::moved)
        return Error{Code::busy, "the move is not over"};
    return purge(journal, Purge::also_unknown);
}

Status Mover::make_room(const MailboxEntry& entry)
{
    TRY_ASSIGN(const auto moves, list_moves(here_.config));
    for (const MoveRecord& move : moves.readable) {
        if (move.state != MoveState::moved || move.server != entry.server ||
            !is_in_unit(move.name, entry.name, here_.config.deletedprefix()))
            continue;
        TRY_ASSIGN(MoveJournal journal, MoveJournal::open(here_.config, move.name));
        TRY(purge(journal, Purge::now));
    }
    return success();
}

}  // namespace rookery::sync
