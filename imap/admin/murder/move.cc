// murder move, drain: mailboxes from server to server.
#include <unistd.h>

#include <algorithm>

#include "imap/admin/local_parts.h"
#include "imap/admin/murder/ahead.h"
#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/report.h"
#include "imap/admin/murder/transfer.h"
#include "imap/admin/progress.h"
#include "imap/admin/terminal.h"
#include "imap/admin/tool.h"
#include "imap/mupdate/master/list_entry.h"
#include "imap/sync/move_journal.h"
#include "imap/sync/mover.h"
#include "lib/base/clock.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"

namespace rookery::admin::murder {

namespace {

using model::MailboxName;

constexpr size_t kMaxTold = 100;  // mailboxes that are left, by name

Result<std::string> holder_of(mupdate::Client& master, const MailboxName& name)
{
    TRY_ASSIGN(const auto found, master.find(name.internal()));
    if (!found) return Error{Code::not_found, cat(name.internal(), ": there is no such mailbox")};
    return std::string(mupdate::server_of(found->location));
}

// What would be in the way.
Status look_ahead(const config::Config& config, const MailboxName& name, const std::string& source,
                  const sync::MoveTarget& target)
{
    if (!is_unit(config, name))
        return Error{Code::unsupported, "a user's mailboxes move with the INBOX"};
    if (source == target.server) return Error{Code::exists, cat("it is at ", source, " already")};
    TRY_ASSIGN(auto from, Source::connect(config, source));
    Status can = from.can_move(name);
    from.logout();
    TRY(std::move(can));
    return check_destination(config, target.server);
}

// What goes with it.
Status add_tree(const config::Config& config, Witness& witness, PlannedMove& move)
{
    TRY_ASSIGN(const auto before, witness.held_by(move.source));
    TRY_ASSIGN(Units units, units_of(config, before.names));
    move.tree = std::move(units[move.name.internal()]);
    if (move.tree.empty()) move.tree.push_back(move.name.internal());
    return success();
}

// With its tree, also what of it is made meanwhile. Where lines can be drawn again how far it is is
// one of them.
Status move_whole(const config::Config& config, Witness& witness, const PlannedMove& move,
                  bool quiet)
{
    TRY_ASSIGN(auto from, Source::connect(config, move.source));
    Progress progress("moved", {.quiet = quiet});
    progress.expect(1);
    if (quiet || can_redraw(STDERR_FILENO))
        from.tell([&](std::string_view line) { progress.working_on(line); });
    Status moved = move_one(from, witness, move);
    from.logout();
    TRY(std::move(moved));
    if (!move.name.is_inbox()) return success();
    TRY_ASSIGN(const auto left, witness.held_by(move.source));
    for (const std::string& name : left.names) {
        TRY_ASSIGN(const MailboxName one, MailboxName::from_internal(name));
        if (move.name.is_above(one))
            return Error{Code::not_found, cat("the master has ", name, " at ", move.source)};
    }
    return success();
}

Result<int> list_here(const config::Config& config, const Arguments& a)
{
    TRY_ASSIGN(const auto moves, sync::list_moves(config));
    Report report;
    Section& section = report.section("moves", "Moves from this server",
                                      {"mailbox", "to", "state", "since", "trouble"});
    for (const auto& [file, error] : moves.others)
        section.rows.push_back({file, "", "cannot be read", "", error.text});
    for (const sync::MoveRecord& move : moves.readable) {
        const std::string to =
            move.partition.empty() ? move.server : cat(move.server, '!', move.partition);
        section.rows.push_back({move.name.internal(), to, sync::move_state_name(move.state),
                                Value::number(wall_seconds() - move.changed), move.error});
    }
    print(a.json ? report.to_json("fine") : report.to_text());
    return kFine;
}

// --abort, --resume, --purge: at the server that the mailbox leaves, or has left.
Result<int> work_here(const config::Config& config, const Arguments& a, const MailboxName& name)
{
    TRY_ASSIGN(LocalParts parts, LocalParts::open(config));
    sync::Mover mover(parts.side(config));
    if (a.abort) {
        TRY(mover.abort(name));
        print(cat(name.internal(), ": it is here as before\n"));
        return kFine;
    }
    if (a.purge) {
        TRY(mover.purge(name));
        print(cat(name.internal(), ": nothing is left of it here\n"));
        return kFine;
    }
    TRY(mover.resume(
        name, [&](std::string_view line) { print(cat(name.internal(), ": ", line, "\n")); }));
    print(cat(name.internal(), ": moved\n"));
    return kFine;
}

}  // namespace

Result<int> move(const config::Config& config, const Arguments& a)
{
    const int here = a.abort + a.resume + a.purge;
    if (a.words.size() == 1 && here == 0) return list_here(config, a);
    if (a.words.size() != (here > 0 ? 2 : 3) || here > 1) a.refuse();
    TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(a.words[1]));
    if (here > 0) return work_here(config, a, name);
    TRY_ASSIGN(const sync::MoveTarget target, target_of(a.words[2]));
    TRY_ASSIGN(auto master, mupdate::Client::connect(config, a.target));
    TRY_ASSIGN(const model::ServerStates states, states_at(*master));
    TRY(check_target(states, target.server));
    TRY_ASSIGN(const std::string source, holder_of(*master, name));
    TRY(look_ahead(config, name, source, target));
    master->logout();
    Witness witness(config, a.target);
    PlannedMove planned{name, source, target, {}};
    TRY(add_tree(config, witness, planned));
    if (a.dry_run) {
        if (Status can = Ahead(config, witness).can(planned); !can)
            return Error{can.error().code, not_moved(name, can.error())};
        print(cat(name.internal(), ": can go from ", source, " to ", target.server, "\n"));
        return kFine;
    }
    if (Status moved = move_whole(config, witness, planned, a.quiet); !moved)
        return Error{moved.error().code, not_moved(name, moved.error())};
    print(cat(name.internal(), ": moved from ", source, " to ", target.server, "\n"));
    return kFine;
}

namespace {

// False if the server cannot be done without.
bool tell_left(const std::string& server, const Witness::Holdings& left)
{
    size_t told = 0;
    auto name_them = [&](const std::vector<std::string>& names, std::string_view what) {
        for (const std::string& name : names)
            if (told++ < kMaxTold) print(cat(name, what, server, "\n"));
    };
    name_them(left.names, ": is at ");
    name_them(left.reserved, ": is reserved at ");
    name_them(left.claimed, ": is in conflict, also at ");
    if (told > kMaxTold) print(cat("and ", told - kMaxTold, " more\n"));
    print(cat(server, ": ", left.names.size() + left.reserved.size(), " mailboxes are left, ",
              left.deleted.size(), " deleted ones, ", left.claimed.size(), " in conflict\n"));
    return told == 0;
}

}  // namespace

// Users and shared mailboxes of a server to others, one after the other, to each in turn.
Result<int> drain(const config::Config& config, const Arguments& a)
{
    if (a.words.size() != 2 || a.to.empty()) a.refuse();
    const std::string& source = a.words[1];
    std::vector<sync::MoveTarget> targets;
    for (const std::string_view word : split(a.to, ',', false)) {
        TRY_ASSIGN(sync::MoveTarget target, target_of(std::string(word)));
        if (target.server == source) a.refuse();
        targets.push_back(std::move(target));
    }
    if (targets.empty()) a.refuse();
    TRY_ASSIGN(const uint32_t rate, to_number<uint32_t>(a.rate.empty() ? "0" : a.rate));
    TRY_ASSIGN(auto master, mupdate::Client::connect(config, a.target));
    TRY_ASSIGN(const model::ServerStates states, states_at(*master));
    for (const sync::MoveTarget& target : targets) TRY(check_target(states, target.server));
    // Nothing new comes while it is emptied.
    if (check_target(states, source) && !a.dry_run && master->offers("SERVER-STATES"))
        TRY(set_state(*master, source, model::ServerState::draining, states.of(source).note));
    master->logout();
    Witness witness(config, a.target);
    TRY_ASSIGN(const Witness::Holdings before, witness.held_by(source));
    TRY_ASSIGN(Units units, units_of(config, before.names));
    std::vector<PlannedMove> moves;
    for (auto& [unit, tree] : units) {
        TRY_ASSIGN(MailboxName name, MailboxName::from_internal(unit));
        // Without its INBOX a part of a user's tree moves with nothing.
        if (!is_unit(config, name) || std::find(tree.begin(), tree.end(), unit) == tree.end())
            continue;
        moves.push_back(
            {std::move(name), source, targets[moves.size() % targets.size()], std::move(tree)});
    }
    if (a.dry_run) {
        Ahead ahead(config, witness);
        return try_moves(ahead, moves, SourceShown::no) == 0 ? kFine : kWarning;
    }
    TRY_ASSIGN(const MoveCounts count, run_moves(config, witness, moves, rate, a.quiet));
    TRY_ASSIGN(const Witness::Holdings left, witness.held_by(source));
    print(cat(source, ": ", count.moved, " moved, ", count.failed, " not\n"));
    return tell_left(source, left) && count.failed == 0 ? kFine : kWarning;
}

}  // namespace rookery::admin::murder
