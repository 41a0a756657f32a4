// murder resync, promote, forget: what guards hold back, by an administrator's word.
#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/transfer.h"
#include "imap/admin/tool.h"
#include "imap/cluster/agent.h"
#include "imap/mboxlist/open_directory.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"

namespace rookery::admin::murder {
namespace {

// For an administrator: without the code of a refusal.
std::string said(const mupdate::Client::Reply& reply)
{
    return reply.ok ? reply.text : reply.error().text;
}

}  // namespace

Result<int> resync(const config::Config& config, const Arguments& a)
{
    if (a.words.size() != 1 || a.accept_deletes == a.accept_restored) a.refuse();
    const bool backend = config::tells_master(config) && a.target.server.empty();
    if (a.accept_restored && backend) {
        TRY_ASSIGN(auto list, mboxlist::open_list(config));
        TRY(cluster::accept_restored(*list));
        if (!config::holds_replica(config)) return kFine;
    }
    mupdate::Client::Target target = a.target;
    if (target.server.empty()) target.server = config.servername();
    TRY_ASSIGN(auto replica, mupdate::Client::connect(config, target));
    if (!replica->offers(a.accept_deletes ? "SERIAL-UPDATE" : "RECOVERY"))
        return Error{Code::unsupported, cat(target.server, " holds nothing back")};
    TRY_ASSIGN(auto reply, replica->run(a.accept_deletes ? mupdate::Verb::accept_deletes
                                                         : mupdate::Verb::accept_restored,
                                        {}));
    replica->logout();
    print(cat(target.server, ": ", said(reply), "\n"));
    return reply.ok ? kFine : kWarning;
}

// The master's list is the one, though servers stood where it never was.
Result<int> promote(const config::Config& config, const Arguments& a)
{
    if (a.done && a.words.size() != 1) a.refuse();
    TRY_ASSIGN(auto master, mupdate::Client::connect(config, a.target));
    if (!master->offers("RECOVERY") || !master->is_master())
        return Error{Code::unsupported, "it is not a master that can be promoted"};
    const std::vector<std::string_view> servers(a.words.begin() + 1, a.words.end());
    TRY_ASSIGN(auto reply,
               master->run(a.done ? mupdate::Verb::recovered : mupdate::Verb::promote, servers));
    master->logout();
    print(cat(said(reply), "\n"));
    return reply.ok ? kFine : kWarning;
}

// A server that answers is not gone: what it does not have any more it tells by itself.
Result<int> forget(const config::Config& config, const Arguments& a)
{
    if (a.words.size() != 2) a.refuse();
    const std::string& server = a.words[1];
    backend::ConnectOptions greeting_only;
    greeting_only.authenticate = false;
    const auto there =
        backend::Backend::connect(config, backend::imap_dialect(), server, greeting_only);
    if (there) return Error{Code::busy, cat(server, " answers: it is not gone")};
    // One that answers otherwise than it should is there all the same.
    if (!there.is(Code::unavailable) && !there.is(Code::timeout))
        return Error{Code::busy, cat(server, " is perhaps not gone: ", there.error().text)};
    TRY_ASSIGN(auto master, mupdate::Client::connect(config, a.target));
    TRY_ASSIGN(auto records, master->list(cat(server, '!')));
    // On a connection of its own: after LIST the master takes us for that server
    // (doc/rules.md 1.5).
    TRY_ASSIGN(auto second, mupdate::Client::connect(config, a.target));
    uint64_t forgotten = 0;
    for (const auto& record : records) {
        TRY_ASSIGN(auto reply, second->remove_if_at(record.name, record.location));
        if (reply.ok)
            forgotten++;
        else
            print(cat(record.name, ": ", said(reply), "\n"));
    }
    if (second->offers("SERVER-STATES"))
        TRY(set_state(*second, server, model::ServerState::active, {}));
    master->logout();
    second->logout();
    print(cat(server, ": ", forgotten, " mailboxes forgotten\n"));
    return forgotten == records.size() ? kFine : kWarning;
}

}  // namespace rookery::admin::murder
