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

// What Cyrus' own take, without a meaning here.
constexpr Option kSquatterOptions[] = {
    kConfigOption,
    kVerbose,
    {'a', "squat-annot", "", ""},
    {'B', "skip-locked", "", ""},
    {'d', "nodaemon", "", ""},
    {'e', "attachextract", "url", ""},
    {'f', "synclog", "file", ""},
    {'F', "filter", "", ""},
    {'i', "incremental", "", ""},
    {'I', "indexfrom", "", ""},
    {'l', "list", "", ""},
    {'L', "audit", "", ""},
    {'n', "channel", "channel", ""},
    {'N', "name", "name", ""},
    {'o', "copydb", "", ""},
    {'p', "allow-partials", "", ""},
    {'P', "reindex-partials", "", ""},
    {'r', "recursive", "", ""},
    {'R', "rolling", "", ""},
    {'S', "sleep", "seconds", ""},
    {'s', "squat-skip", "minutes", ""},
    {'t', "compact-from", "tiers", ""},
    {'T', "reindex-tier", "path", ""},
    {'u', "user", "", ""},
    {'U', "only-upgrade", "", ""},
    {'X', "reindex", "", ""},
    {'z', "compact", "tier", ""},
    {'Z', "internalindex", "", ""},
};
constexpr Program kSquatterProgram{.name = "squatter",
                                   .purpose = "is taken for the sake of scripts: searching needs "
                                              "no index that is made beforehand",
                                   .options = kSquatterOptions,
                                   .operands = "[mailbox ...]",
                                   .least = 0,
                                   .most = kAnyNumber};

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

Result<int> squatter(const CommandLine& line, const config::Config& /*config*/)
{
    return say(line, "SEARCH reads the messages and their cache, there is no index to be made");
}

Result<int> ptexpire(const CommandLine& line, const config::Config& /*config*/)
{
    return say(line, "the groups of users are asked of the system at each login, and not kept");
}

Result<int> tls_prune(const CommandLine& line, const config::Config& /*config*/)
{
    return say(line, "TLS sessions are not kept on disk, there is no database that would grow");
}

}  // namespace

const Tool kSquatter{kSquatterProgram, squatter};
const Tool kPtexpire{kPtexpireProgram, ptexpire};
const Tool kTlsPrune{kTlsPruneProgram, tls_prune};

}  // namespace rookery::admin
