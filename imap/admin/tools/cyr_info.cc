// cyr_info: what the configuration says, and who is at work.
#include "config.h"

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
    {'s', "", "version", ""},
};
constexpr Subcommand kSubcommands[] = {
    {"conf", ""},      {"conf-all", ""}, {"conf-default", ""},
    {"conf-lint", ""}, {"proc", ""},     {"version", ""},
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

void print_own(std::string_view name, std::string_view value)
{
    print_option(name, is_secret(name) && !value.empty() ? "****" : value);
}

// A switch is on or off in many words.
std::string shown(const config::OptionSpec& spec, std::string_view text)
{
    const auto value = config::parse_value(spec, text);
    if (spec.type != config::Type::flag || !value) return std::string(text);
    return value->number != 0 ? "yes" : "no";
}

bool says_the_default(const config::OptionSpec& spec, std::string_view text)
{
    using config::Type;
    if (text == spec.fallback) return true;
    if (spec.type == Type::text || spec.type == Type::path || spec.type == Type::list) return false;
    const auto value = config::parse_value(spec, text);
    const auto standard = config::parse_value(spec, spec.fallback);
    return value && standard && value->number == standard->number;
}

// The lines of the file whose names are no option's follow: servers' passwords, partitions,
// libsasl2's, and those of one service.
Result<int> print_options(const config::Config& config, bool all)
{
    for (const config::OptionSpec& spec : config::option_table()) {
        const std::string value = config.text(spec.name).value_or("");
        if (all || (config.is_set(spec.name) && !says_the_default(spec, value)))
            print_own(spec.name, shown(spec, value));
    }
    TRY_ASSIGN(const auto lines, config::parse_file(config.path()));
    for (const config::Line& line : lines)
        if (const auto value = config.overflow(line.name)) print_own(line.name, *value);
    return 0;
}

int print_defaults()
{
    for (const config::OptionSpec& spec : config::option_table())
        print_option(spec.name, shown(spec, spec.fallback));
    return 0;
}

int lint(const config::Config& config)
{
    for (const std::string& name : config.unknown())
        print_option(name, config.text(name).value_or(""));
    return config.unknown().empty() ? 0 : 1;
}

Result<int> print_processes(const config::Config& config)
{
    TRY_ASSIGN(const auto board, service::Scoreboard::open(config.proc_path()));
    for (const service::ScoreLine& line : board.lines()) {
        std::string text =
            cat(line.pid, ' ', line.service, ' ', line.client.empty() ? "[none]" : line.client);
        if (!line.user.empty()) cat_to(text, ' ', line.user);
        if (!line.mailbox.empty()) cat_to(text, ' ', line.mailbox);
        if (!line.state.empty()) cat_to(text, ' ', line.state);
        print(text + '\n');
    }
    return 0;
}

Result<int> run(const CommandLine& line, const config::Config& tools)
{
    const std::string& what = line.operands().front();
    const bool reads = what.starts_with("conf");
    if (line.has("n") && (!reads || what == "conf-default"))
        line.refuse(cat(what, " has no option -n"));
    if (line.has("s") && (!reads || what == "conf-lint"))
        line.refuse(cat(what, " has no option -s"));
    if (what == "conf-default") return print_defaults();
    if (what == "proc") return print_processes(tools);
    if (what == "version") {
        print("rookery " PACKAGE_VERSION "\n");  // as master -V
        return 0;
    }
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
