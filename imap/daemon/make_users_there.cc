#include <algorithm>
#include <random>

#include "imap/backend/backend_pool.h"
#include "imap/backend/talk.h"
#include "imap/cluster/autocreate.h"
#include "imap/daemon/make_users.h"
#include "imap/mboxlist/servers.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::daemon {
namespace {

// The server's answer, which begins with OK, NO or BAD.
Result<std::string> create_inbox(backend::Backend& server)
{
    backend::Talk talk(server);
    TRY(talk.send("CREATE INBOX\r\n"));
    TRY_ASSIGN(const backend::Reply reply, talk.end());
    return cat(reply.word, ' ', reply.text());
}

Status make_at_one(const config::Config& config, mboxlist::Directory& directory,
                   const std::string& userid)
{
    TRY_ASSIGN(auto servers, mboxlist::servers_for_new(config, directory));
    std::shuffle(servers.begin(), servers.end(), std::random_device());
    backend::BackendPool pool(config, backend::imap_dialect());
    pool.set_gate(
        [&](const std::string& server) { return mboxlist::check_in_service(directory, server); });
    pool.set_user(userid);
    Error last{Code::unavailable, "no server of serverlist can be reached"};
    for (const std::string& name : servers) {
        auto server = pool.get(name);
        if (!server) {
            last = server.error();
            continue;
        }
        // What was sent may have been done: no other server is asked.
        TRY_ASSIGN(const std::string answer, create_inbox(**server));
        if (!answer.starts_with("OK")) return Error{Code::unavailable, cat(name, ": ", answer)};
        log::notice("autocreate", {{"user", userid}, {"server", name}});
        return success();
    }
    return last;
}

}  // namespace

delivery::MakeUser make_users_there(const config::Config& config, mboxlist::Directory& directory,
                                    mailbox::MailboxStore*, mailbox::Quotas*)
{
    return [&config, &directory](const std::string& userid) -> Result<bool> {
        if (!cluster::may_autocreate(config, userid)) return false;
        Status made = make_at_one(config, directory, userid);
        if (!made) log::warning("autocreate failed", {{"user", userid}, {"reason", made.error()}});
        // The list is to have it before it is asked; a failure shows there.
        (void)directory.catch_up();
        TRY(std::move(made));
        return true;
    };
}

}  // namespace rookery::daemon
