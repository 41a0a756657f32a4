// ctl_mboxlist -m: what is here, told to the mupdate master.
#include "imap/admin/ctl_mboxlist.h"
#include "imap/admin/tool.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/mupdate/push.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"

namespace rookery::admin {

namespace {

// A mark of the list: a whole push could not be done, and the agent is to do it.
constexpr std::string_view kPushWanted = "push-wanted";

Result<std::unique_ptr<mupdate::ClusterDirectory>> open_local(const config::Config& config,
                                                              const ListArguments& arguments)
{
    mboxlist::ListOptions options;
    options.path = arguments.list_path;
    TRY_ASSIGN(auto list, mboxlist::open_list(config, options));
    return std::make_unique<mupdate::ClusterDirectory>(config, std::move(list));
}

// The epoch of the master that has heard of this whole list.
constexpr std::string_view kToldEpoch = "told-epoch";

void set_mark(mupdate::ClusterDirectory& local, std::string_view name, std::string value)
{
    auto now = local.mark(name);
    if (now && *now == value) return;
    const mboxlist::Mark mark{std::string(name), std::move(value)};
    if (auto kept = local.commit_marked({}, {&mark, 1}); !kept)
        log::warning("a mark of the list is not kept", {{"mark", name}, {"reason", kept.error()}});
}

// Each start of a master is an epoch: it may have been restored, and lack what it was told before.
// "" if it does not tell.
Result<std::string> epoch_of_master(const config::Config& config)
{
    TRY_ASSIGN(auto master, mupdate::Client::connect(config));
    if (!master->offers("STATUS")) return std::string();
    TRY_ASSIGN(auto lines, master->status());
    master->logout();
    for (const auto& line : lines)
        if (line.key == "epoch") return line.value;
    return std::string();
}

bool wants_push(mupdate::ClusterDirectory& local)
{
    auto mark = local.mark(kPushWanted);
    return mark && !mark->empty();
}

Result<mupdate::PushSummary> push_whole(const config::Config& config,
                                        mupdate::ClusterDirectory& local,
                                        const mupdate::PushOptions& options)
{
    // The epoch is asked for first: a master that starts anew meanwhile is told again.
    std::string epoch;
    if (auto known = epoch_of_master(config)) epoch = *known;
    auto summary = mupdate::push_all(config, local, options);
    if (options.warn_only) return summary;
    set_mark(local, kPushWanted, summary ? "" : "1");
    if (summary) set_mark(local, kToldEpoch, epoch);
    return summary;
}

}  // namespace

Status push(const config::Config& config, const ListArguments& arguments)
{
    TRY(auth::SaslClient::init_library(config));
    TRY_ASSIGN(auto local, open_local(config, arguments));
    mupdate::PushOptions options;
    options.warn_only = arguments.warn_only;
    options.authoritative = arguments.authoritative;
    options.say = [](std::string_view line) { print(cat(line, "\n")); };
    auto summary = push_whole(config, *local, options);
    if (summary.is(Code::unavailable) || summary.is(Code::timeout))
        return Error{summary.error().code,
                     cat("couldn't connect to mupdate server: ", summary.error().text)};
    if (!summary) return summary.error();
    log::notice("mailbox list pushed", {{"result", mupdate::to_string(*summary)}});
    print(cat(mupdate::to_string(*summary), "\n"));
    if (summary->removals_held) return Error{Code::limit, cat(mupdate::to_string(*summary))};
    return success();
}

Status settle(const config::Config& config, const ListArguments& arguments)
{
    if (!config::tells_master(config)) return success();
    TRY_ASSIGN(auto local, open_local(config, arguments));
    TRY(auth::SaslClient::init_library(config));
    Status done = success();
    bool whole = wants_push(*local);
    if (auto epoch = epoch_of_master(config); !epoch)
        done = epoch.error();
    else if (auto told = local->mark(kToldEpoch); !epoch->empty() && (!told || *told != *epoch))
        whole = true;
    if (!done) {
        log::info("the mupdate master is away", {{"reason", done.error()}});
        return success();
    }
    if (whole) {
        mupdate::PushOptions options;
        options.wait = Milliseconds(0);
        auto summary = push_whole(config, *local, options);
        if (summary)
            log::notice("mailbox list pushed", {{"result", mupdate::to_string(*summary)}});
        else
            done = summary.error();
    } else {
        done = local->settle_pending();
    }
    if (!done.is(Code::no_master) && !done.is(Code::unavailable) && !done.is(Code::timeout))
        return done;
    log::info("the mupdate master is away", {{"reason", done.error()}});
    return success();
}

}  // namespace rookery::admin
