// Commands about where a list and its servers stood (recovery.h).
#include "imap/model/location.h"
#include "imap/mupdate/master/master_list.h"
#include "imap/mupdate/server/connection.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::mupdate {

namespace {

std::optional<Position> position_in(const Command& command)
{
    auto epoch = to_number<uint64_t>(command.arguments[1]);
    auto serial = to_number<uint64_t>(command.arguments[2]);
    if (!epoch || !serial) return std::nullopt;
    return Position{*epoch, *serial};
}

}  // namespace

Standing Connection::standing(const std::string& server, const Position& at)
{
    if (context_.master == nullptr) return Standing::on;
    return context_.master->recovery().judge(server, cat(caller_.identity, '@', host_), at,
                                             context_.published.line());
}

// POSITION server epoch serial: where the list is now, and how the server stands to it.
void Connection::run_position(const Command& command)
{
    auto at = position_in(command);
    if (!at || !model::is_server_name(command.arguments[0]))
        return put_reply(command.tag, "BAD", "Badly formed arguments");
    settle();
    std::string line;
    put_data(line, command.tag, "POSITION",
             {cat(context_.published.line().epoch), cat(context_.published.serial()),
              standing_word(standing(command.arguments[0], *at))});
    stream_.put(line);
    put_reply(command.tag, "OK", "done");
}

// TOLD server epoch serial: what it has was told, all of it, as of that position.
void Connection::run_told(const Command& command)
{
    auto at = position_in(command);
    if (!at || !model::is_server_name(command.arguments[0]))
        return put_reply(command.tag, "BAD", "Badly formed arguments");
    settle();
    if (!context_.published.line().holds(*at)) return put_no(command.tag, never_there());
    auto last = context_.master->recovery().told(command.arguments[0], *at);
    if (!last) return put_no(command.tag, last.error());
    if (*last) log::notice("all servers have told their mailboxes: removals are taken again");
    put_reply(command.tag, "OK", "done");
}

// PROMOTE [server ...]: this is the master, whatever servers have seen before.
void Connection::run_promote(const Command& command)
{
    std::vector<std::string> servers = command.arguments;
    for (const std::string& server : servers)
        if (!model::is_server_name(server))
            return put_reply(command.tag, "BAD", "Badly formed arguments");
    settle();
    for (const auto& [server, count] : context_.published.count_by_server())
        servers.push_back(server);
    auto waits = context_.master->recovery().promote(servers);
    if (!waits) return put_no(command.tag, waits.error());
    log::notice("this list is the one, by an administrator's word",
                {{"by", caller_.identity}, {"servers to tell theirs", *waits}});
    put_reply(command.tag, "OK",
              cat("additions only, until ", *waits, " servers have told theirs"));
}

// RECOVERED: servers that have not told their mailboxes are not waited for.
void Connection::run_recovered(const Command& command)
{
    settle();
    if (auto ended = context_.master->recovery().end(); !ended)
        return put_no(command.tag, ended.error());
    log::notice("removals are taken again, by an administrator's word", {{"by", caller_.identity}});
    put_reply(command.tag, "OK", "done");
}

void Connection::run_accept_restored(const Command& command)
{
    if (!context_.accept_restored)
        return put_no(command.tag, {Code::unsupported, "this is the master: see PROMOTE"});
    log::notice("the master is accepted as it is", {{"by", caller_.identity}});
    if (context_.accept_restored()) return put_reply(command.tag, "OK", "done");
    put_no(command.tag, {Code::not_found, "no master was refused"});
}

}  // namespace rookery::mupdate
