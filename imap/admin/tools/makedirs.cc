// makedirs: the folders that the configuration names, for the user whom the daemons run as.
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "imap/admin/tool.h"
#include "imap/admin/tools/tool_table.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/open_log.h"
#include "lib/service/run_as.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    {'f', "", "", ""},
    {'v', "verbose", "", "tell what is made"},
};
constexpr Program kProgram{.name = "makedirs",
                           .purpose = "makes the folders that imapd.conf names",
                           .options = kOptions,
                           .operands = "",
                           .least = 0,
                           .most = 0};

// What is made new, from the top on, is the owner's; what is there stays as it is.
Status make(const std::string& path, const std::optional<service::RunAs>& owner, bool verbose)
{
    std::vector<std::string> fresh;
    for (std::string at = path; !at.empty() && at != "/" && ::access(at.c_str(), F_OK) != 0;
         at = directory_of(at))
        fresh.push_back(at);
    if (fresh.empty()) return success();
    TRY(make_directories(path, 0750));
    for (const std::string& made : fresh) {
        if (owner && ::chown(made.c_str(), owner->uid, owner->gid) != 0)
            return errno_error(made);
        if (verbose) print(cat(made, '\n'));
    }
    return success();
}

std::vector<std::string> folders(const config::Config& config)
{
    const std::string& top = config.configdirectory();
    std::vector<std::string> all = {top};
    for (std::string_view name : {"db", "log", "msg", "socket", "user"})
        all.push_back(cat(top, '/', name));
    all.push_back(config.proc_path());
    all.push_back(config.mboxname_lockpath());
    if (!config.sievedir().empty()) all.push_back(config.sievedir());
    for (const auto& [name, path] : config.partitions()) all.push_back(path);
    return all;
}

Result<int> run(const CommandLine& line)
{
    const std::string path = line.value("C", config::default_path());
    auto config = config::Config::load(path, "makedirs");
    if (!config) {
        complain(cat("makedirs: ", config.error().text, '\n'));
        return log::kExConfig;
    }
    config::open_log(*config, "makedirs");
    std::optional<service::RunAs> owner;
    if (::geteuid() == 0) {
        TRY_ASSIGN(owner, service::RunAs::of(*config));
    }
    for (const std::string& folder : folders(*config)) TRY(make(folder, owner, line.has("v")));
    return 0;
}

}  // namespace

const Tool kMakedirs{kProgram, nullptr, run};

}  // namespace rookery::admin
