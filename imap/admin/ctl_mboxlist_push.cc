// ctl_mboxlist -m: what is here, told to the mupdate master.
#include "imap/admin/ctl_mboxlist.h"
#include "imap/admin/tool.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/mupdate/push.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::admin {

Status push(const config::Config& config, const ListArguments& arguments)
{
    TRY(auth::SaslClient::init_library(config));
    mboxlist::ListOptions list_options;
    list_options.path = arguments.list_path;
    TRY_ASSIGN(auto list, mboxlist::open_list(config, list_options));
    mupdate::ClusterDirectory local(config, std::move(list));
    mupdate::PushOptions options;
    options.warn_only = arguments.warn_only;
    options.authoritative = arguments.authoritative;
    options.say = [](std::string_view line) { print(cat(line, "\n")); };
    auto summary = mupdate::push_all(config, local, options);
    if (summary.is(Code::unavailable) || summary.is(Code::timeout))
        return Error{summary.error().code,
                     cat("couldn't connect to mupdate server: ", summary.error().text)};
    if (!summary) return summary.error();
    log::notice("mailbox list pushed", {{"result", mupdate::to_string(*summary)}});
    if (summary->removals_held) return Error{Code::limit, cat(mupdate::to_string(*summary))};
    return success();
}

}  // namespace rookery::admin
