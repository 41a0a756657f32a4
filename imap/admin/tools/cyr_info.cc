// cyr_info: what the configuration says, and who is at work.
#include <algorithm>

#include "imap/admin/tool.h"
#include "imap/admin/tools/tool_table.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/config/config_parser.h"
#include "lib/config/option_spec.h"
#include "lib/service/scoreboard.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    {'M', "", "file", ""},
    {'n', "service", "name", "as the service of that name in cyrus.conf reads it"},
    {'s', "", "substring", "proc: only lines with this in them"},
};
constexpr Subcommand kSubcommands[] = {
    {"conf", ""}, {"conf-all", ""}, {"conf-default", ""}, {"conf-lint", ""}, {"proc", ""},
};
constexpr Program kProgram{.name = "cyr_info",
                           .purpose = "tells the configuration and the processes",
                           .options = kOptions,
                           .operands = "",
                           .least = 1,
                           .most = 1,
                           .subcommands = kSubcommands};

void print_option(std::string_view name, std::string_view value)
{
    print(cat(name, ": ", value, '\n'));
}

bool is_secret(std::string_view name)
{
    return name.ends_with("password") || name == "newspeer";
}

// The lines of the file whose names are no option's: servers' passwords, partitions, libsasl2's.
void print_others(const config::Config& config)
{
    for (const auto& [name, path] : config.partitions())
        print_option(cat("partition-", name), path);
    for (const auto& [name, path] : config.metapartitions())
        print_option(cat("metapartition-", name), path);
}

int print_options(const config::Config& config, bool all)
{
    for (const config::OptionSpec& spec : config::option_table()) {
        const bool set = config.is_set(spec.name);
        if (!set && !all) continue;
        const std::string value = config.text(spec.name).value_or("");
        print_option(spec.name, is_secret(spec.name) && !value.empty() ? "****" : value);
    }
    print_others(config);
    return 0;
}

int print_defaults()
{
    for (const config::OptionSpec& spec : config::option_table())
        print_option(spec.name, spec.fallback);
    return 0;
}

int lint(const config::Config& config)
{
    for (const std::string& name : config.unknown())
        print_option(name, config.text(name).value_or(""));
    return config.unknown().empty() ? 0 : 1;
}

Result<int> print_processes(const config::Config& config, std::string_view part)
{
    TRY_ASSIGN(const auto board, service::Scoreboard::open(config.proc_path()));
    for (const service::ScoreLine& line : board.lines()) {
        std::string text =
            cat(line.pid, ' ', line.service, ' ', line.client.empty() ? "[none]" : line.client);
        if (!line.user.empty()) cat_to(text, ' ', line.user);
        if (!line.mailbox.empty()) cat_to(text, ' ', line.mailbox);
        if (!line.state.empty()) cat_to(text, ' ', line.state);
        if (text.find(part) != std::string::npos) print(text + '\n');
    }
    return 0;
}

Result<int> run(const CommandLine& line, const config::Config& tools)
{
    const std::string& what = line.operands().front();
    if (what == "conf-default") return print_defaults();
    if (what == "proc") return print_processes(tools, line.value("s"));
    const auto service = line.given("n");
    if (!service) {
        return what == "conf-lint" ? lint(tools) : print_options(tools, what == "conf-all");
    }
    TRY_ASSIGN(const auto config, config::Config::load(tools.path(), *service));
    return what == "conf-lint" ? lint(config) : print_options(config, what == "conf-all");
}

}  // namespace

const Tool kCyrInfo{kProgram, run};

}  // namespace rookery::admin
