// murder rebalance: as many mailboxes on each server as on the others.
#include <algorithm>
#include <map>

#include "imap/admin/murder/ahead.h"
#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/transfer.h"
#include "imap/admin/tool.h"
#include "imap/mupdate/master/list_entry.h"
#include "lib/base/strings.h"

namespace rookery::admin::murder {

namespace {

using model::MailboxName;

struct Unit {
    MailboxName name;
    std::vector<std::string> tree;
    uint64_t mailboxes() const { return tree.size(); }
};
struct Server {
    uint64_t mailboxes = 0;
    std::vector<Unit> units;  // largest first
};

// What each server has, as the master lists it. --to limits which servers take part.
Result<std::map<std::string, Server>> servers(const config::Config& config, const Arguments& a)
{
    std::map<std::string, Server> found;
    for (const std::string_view word : split(a.to, ',', false)) found[std::string(word)];
    for (const std::string& server : config.serverlist())
        if (a.to.empty()) found[server];
    TRY_ASSIGN(auto master, mupdate::Client::connect(config, a.target));
    TRY_ASSIGN(const model::ServerStates states, states_at(*master));
    TRY_ASSIGN(const auto records, master->list(""));
    master->logout();
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> trees;
    for (const auto& record : records) {
        if (!record.active) continue;
        TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(record.name));
        if (name.is_deleted(config.deletedprefix())) continue;
        const std::string server(mupdate::server_of(record.location));
        if (!a.to.empty() && !found.contains(server)) continue;
        TRY_ASSIGN(std::string unit, unit_of(config, name));
        trees[{server, std::move(unit)}].push_back(record.name);
        ++found[server].mailboxes;
    }
    for (auto& [key, tree] : trees) {
        TRY_ASSIGN(MailboxName name, MailboxName::from_internal(key.second));
        const bool has_top = std::find(tree.begin(), tree.end(), key.second) != tree.end();
        if (is_unit(config, name) && has_top)
            found[key.first].units.push_back({std::move(name), std::move(tree)});
    }
    for (auto at = found.begin(); at != found.end();) {
        const model::ServerState state = states.of(at->first).state;
        if (state != model::ServerState::active && !a.to.empty())
            return Error{Code::denied, cat(at->first, " takes no part: its state is ",
                                           model::server_state_word(state))};
        at = state == model::ServerState::active ? std::next(at) : found.erase(at);
    }
    for (auto& [name, server] : found)
        std::stable_sort(
            server.units.begin(), server.units.end(),
            [](const Unit& x, const Unit& y) { return x.mailboxes() > y.mailboxes(); });
    return found;
}

// From the fullest to the emptiest, the largest that fits, until nothing makes it more even.
std::vector<PlannedMove> plan(std::map<std::string, Server>& all)
{
    std::vector<PlannedMove> moves;
    auto fuller = [](const auto& x, const auto& y) {
        return x.second.mailboxes < y.second.mailboxes;
    };
    while (all.size() > 1) {
        auto [least, most] = std::minmax_element(all.begin(), all.end(), fuller);
        const uint64_t gap = most->second.mailboxes - least->second.mailboxes;
        auto& units = most->second.units;
        auto fits = std::find_if(units.begin(), units.end(),
                                 [&](const Unit& unit) { return unit.mailboxes() * 2 <= gap; });
        if (gap < 2 || fits == units.end()) break;
        moves.push_back({fits->name, most->first, {least->first, {}}, fits->tree});
        most->second.mailboxes -= fits->mailboxes();
        least->second.mailboxes += fits->mailboxes();
        units.erase(fits);
    }
    return moves;
}

}  // namespace

Result<int> rebalance(const config::Config& config, const Arguments& a)
{
    if (a.words.size() != 1 || a.plan == a.run) a.refuse();
    TRY_ASSIGN(const uint32_t rate, to_number<uint32_t>(a.rate.empty() ? "0" : a.rate));
    TRY_ASSIGN(auto all, servers(config, a));
    const std::vector<PlannedMove> moves = plan(all);
    size_t failed = 0;
    Witness witness(config, a.target);
    if (a.plan) {
        Ahead ahead(config, witness);
        failed = try_moves(ahead, moves, SourceShown::yes);
        for (const auto& [name, server] : all)
            print(cat(name, ": ", server.mailboxes, " mailboxes afterwards\n"));
    } else {
        TRY_ASSIGN(const MoveCounts count, run_moves(config, witness, moves, rate, a.quiet));
        failed = count.failed;
        print(cat(count.moved, " moved, ", failed, " not\n"));
    }
    return failed == 0 ? kFine : kWarning;
}

}  // namespace rookery::admin::murder
