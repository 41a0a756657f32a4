#include "imap/admin/murder/ahead.h"

#include "imap/admin/tool.h"
#include "imap/sync/dlist.h"
#include "imap/sync/mailbox_dlist.h"
#include "lib/base/strings.h"

namespace rookery::admin::murder {

namespace {

Result<std::unique_ptr<sync::SyncClient>> connect(const config::Config& config,
                                                  const std::string& server)
{
    TRY_ASSIGN(auto there, sync::SyncClient::connect(config, server));
    // Of what a move says there this changes nothing.
    Status may = there->restart();
    if (may) return there;
    return Error{may.error().code, cat(server, " would refuse it, is ", config.proxy_authname(),
                                       " one of its admins? ", may.error().text)};
}

// Without the word in front, which is for programs.
Error refusal(const std::string& server, const Error& error)
{
    std::string_view why = error.text;
    if (why.starts_with("IMAP_")) why = why.substr(std::min(why.find(' '), why.size() - 1) + 1);
    return {error.code, cat(server, " would refuse it: ", why)};
}

// By names, the ids that a server has mailboxes under.
Result<std::map<std::string, std::string>> ids_at(sync::SyncClient& server,
                                                  const std::vector<std::string>& names)
{
    std::map<std::string, std::string> ids;
    TRY(server.get("MAILBOXES", sync::to_list(names),
                   [&](const std::string& answer, const sync::Dlist& given) -> Status {
                       if (answer != "MAILBOX") return success();
                       TRY_ASSIGN(const sync::MailboxValue value, sync::parse_mailbox(given, {}));
                       ids[value.entry.name.internal()] = value.entry.uniqueid;
                       return success();
                   }));
    return ids;
}

}  // namespace

Status check_destination(const config::Config& config, const std::string& server)
{
    TRY_ASSIGN(const auto there, connect(config, server));
    return success();
}

Ahead::~Ahead()
{
    for (auto& [server, source] : sources_)
        if (source) source->logout();
}

Status Ahead::can(const PlannedMove& move)
{
    TRY(check_source(move));
    TRY_ASSIGN(sync::SyncClient * there, destination(move.target.server));
    return there->is_ours() ? ask_for_room(*there, move) : look_for_names(*there, move);
}

Status Ahead::check_source(const PlannedMove& move)
{
    auto from = sources_.find(move.source);
    if (from == sources_.end())
        from = sources_.emplace(move.source, Source::connect(config_, move.source)).first;
    if (!from->second) return from->second.error();
    return from->second->can_move(move.name);
}

Result<sync::SyncClient*> Ahead::destination(const std::string& server)
{
    auto to = destinations_.find(server);
    if (to == destinations_.end())
        to = destinations_.emplace(server, connect(config_, server)).first;
    if (!to->second) return to->second.error();
    sync::SyncClient* there = to->second->get();
    if (!there->stream().ok()) TRY(there->reconnect(config_));
    return there;
}

Status Ahead::ask_for_room(sync::SyncClient& there, const PlannedMove& move)
{
    TRY_ASSIGN(const std::vector<std::string> partitions, witness_.partitions_of(move.tree));
    std::string list = "(";
    for (size_t i = 0; i < move.tree.size(); ++i) {
        sync::DlistMap one;
        one.add("MBOXNAME", move.tree[i]).add("PARTITION", partitions[i]);
        cat_to(list, i > 0 ? " " : "", std::move(one).finish());
    }
    sync::DlistMap map;
    map.add("PARTITION", move.target.partition);
    map.add("USERID", move.name.is_inbox() ? move.name.user() : std::string());
    map.raw("MAILBOX", cat(list, ')'));
    Status room = there.get("ROOM", std::move(map).finish(), nullptr);
    // One that does not know the question finds out when it is to take them.
    if (room || room.is(Code::syntax)) return success();
    return refusal(move.target.server, room.error());
}

// What has the same id is what an earlier move brought.
Status Ahead::look_for_names(sync::SyncClient& there, const PlannedMove& move)
{
    TRY_ASSIGN(const auto taken, ids_at(there, move.tree));
    if (taken.empty()) return success();
    std::map<std::string, std::string> own;
    if (auto source = sync::SyncClient::connect(config_, move.source)) {
        auto ids = ids_at(**source, move.tree);
        if (ids) own = *std::move(ids);
    }
    for (const auto& [name, id] : taken) {
        auto at = own.find(name);
        if (at == own.end() || at->second != id)
            return refusal(move.target.server,
                           {Code::exists, cat("a mailbox of that name is there: ", name)});
    }
    return success();
}

size_t try_moves(Ahead& ahead, const std::vector<PlannedMove>& moves, SourceShown shown)
{
    size_t refused = 0;
    for (const PlannedMove& move : moves) {
        Status can = ahead.can(move);
        if (!can) ++refused;
        const std::string from = shown == SourceShown::yes ? cat("from ", move.source, ' ') : "";
        print(can ? cat(move.name.internal(), ": ", from, "to ", move.target.server, "\n")
                  : cat(not_moved(move.name, can.error()), "\n"));
    }
    return refused;
}

}  // namespace rookery::admin::murder
