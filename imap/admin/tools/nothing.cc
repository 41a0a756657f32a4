// Tools of Cyrus that have nothing to do here, and that scripts, cron jobs and cyrus.conf call all
// the same: each ends well, and says why to who looks.
#include <unistd.h>

#include "imap/admin/tool.h"
#include "imap/admin/tools/tool_table.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

Result<int> say(const CommandLine& line, std::string_view why)
{
    log::info(why);
    // Cron mails what is printed.
    if (line.has("v") || ::isatty(STDOUT_FILENO) == 1)
        print(cat(line.program(), ": nothing to do: ", why, '\n'));
    return 0;
}

constexpr Option kVerbose{'v', "verbose", "", "say why nothing is done"};

constexpr Option kPtexpireOptions[] = {kConfigOption, kVerbose, {'E', "", "seconds", ""}};
constexpr Program kPtexpireProgram{.name = "ptexpire",
                                   .purpose = "is taken for the sake of scripts: groups are asked "
                                              "of the system and not kept",
                                   .options = kPtexpireOptions,
                                   .operands = "",
                                   .least = 0,
                                   .most = 0};

constexpr Option kTlsPruneOptions[] = {kConfigOption, kVerbose};
constexpr Program kTlsPruneProgram{.name = "tls_prune",
                                   .purpose = "is taken for the sake of scripts: TLS sessions are "
                                              "kept in no database",
                                   .options = kTlsPruneOptions,
                                   .operands = "",
                                   .least = 0,
                                   .most = 0};

Result<int> ptexpire(const CommandLine& line, const config::Config& /*config*/)
{
    return say(line, "the groups of users are asked of the system at each login, and not kept");
}

Result<int> tls_prune(const CommandLine& line, const config::Config& /*config*/)
{
    return say(line, "TLS sessions are not kept on disk, there is no database that would grow");
}

}  // namespace

const Tool kPtexpire{kPtexpireProgram, ptexpire};
const Tool kTlsPrune{kTlsPruneProgram, tls_prune};

}  // namespace rookery::admin
