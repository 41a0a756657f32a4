// ctl_mboxlist -m, -s: what is here, told to the mupdate master.
#include "imap/admin/ctl_mboxlist.h"
#include "imap/admin/local_parts.h"
#include "imap/admin/progress.h"
#include "imap/admin/tool.h"
#include "imap/cluster/agent.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/sync/mover.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"

namespace rookery::admin {

namespace {

constexpr Milliseconds kWaitAtStart{2000};

Result<LocalParts> open_local(const config::Config& config, const ListArguments& arguments)
{
    mboxlist::ListOptions options;
    options.path = arguments.list_path;
    TRY_ASSIGN(auto list, mboxlist::open_list(config, options));
    return LocalParts::open(config, std::move(list));
}

bool is_away(const Error& error)
{
    return error.code == Code::no_master || error.code == Code::unavailable ||
           error.code == Code::timeout;
}

// Moves that a crash or a failure has left go on.
void go_on_with_moves(const config::Config& config, LocalParts& parts)
{
    auto moves = sync::list_moves(config);
    if (moves && moves->empty()) return;
    Status done = moves ? sync::Mover(parts.side(config)).resume_all() : Status(moves.error());
    if (!done) log::warning("moves are left", {{"reason", done.error()}});
}

}  // namespace

Status push(const config::Config& config, const ListArguments& arguments)
{
    TRY(auth::SaslClient::init_library(config));
    TRY_ASSIGN(auto local, open_local(config, arguments));
    cluster::AgentOptions options;
    options.whole = true;
    options.wait = kWaitAtStart;
    options.push.warn_only = arguments.warn_only;
    options.push.authoritative = arguments.authoritative;
    options.push.say = [&](std::string_view line) {
        if (!arguments.quiet) print(cat(line, "\n"));
    };
    Progress progress("mailboxes told", {.quiet = arguments.quiet});
    options.push.go_on = [&](uint64_t done, uint64_t all) {
        progress.expect(all);
        progress.reach(done);
        return !progress.stopped();
    };
    auto run = cluster::run_agent(config, *local.operations, options);
    if (!run && progress.stopped())
        return Error{Code::busy, progress.interrupted("what is left is told by the next -m or -s")};
    if (!run && is_away(run.error()))
        return Error{run.error().code,
                     cat("couldn't connect to mupdate server: ", run.error().text)};
    if (!run) return run.error();
    const std::string result = run->summary ? cluster::to_string(*run->summary) : std::string();
    if (arguments.warn_only) {
        print(cat("nothing was told; -m would: ", result, "\n"));
    } else {
        if (!run->only_reported) log::notice("mailbox list pushed", {{"result", result}});
        print(cat(result, "\n"));
    }
    if (run->only_reported) {
        print(
            "this server was restored from a backup: nothing was told, see murder check --apply\n");
        return success();
    }
    const bool recovering = run->standing == mupdate::Standing::recovering ||
                            run->standing == mupdate::Standing::waiting;
    if (run->summary && run->summary->removals_held && !recovering)
        return Error{Code::limit, result};
    return success();
}

Status settle(const config::Config& config, const ListArguments& arguments)
{
    if (config.partitions().empty()) return success();
    TRY_ASSIGN(auto local, open_local(config, arguments));
    if (!config::tells_master(config)) return local.operations->settle_all(nullptr);
    TRY(auth::SaslClient::init_library(config));
    auto run = cluster::run_agent(config, *local.operations, {});
    if (run && run->summary)
        log::notice("mailbox list pushed", {{"result", cluster::to_string(*run->summary)}});
    if (run && !run->only_reported) go_on_with_moves(config, local);
    if (run) return success();
    if (!is_away(run.error())) return run.error();
    log::info("the mupdate master is away", {{"reason", run.error()}});
    return success();
}

}  // namespace rookery::admin
