// The first steps of every daemon.
#include "lib/service/service_setup.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"
#include "lib/config/open_log.h"

namespace rookery::service {
namespace {

constexpr std::array kOfAll = {
    Option{'C', "", "file", "read this imapd.conf"},
    Option{'U', "", "uses", "clients that one worker serves; 0: no limit"},
    Option{'T', "", "seconds", "how long a worker waits for its next client; 0: for ever"},
    Option{'X', "", "", "serve one client on standard input and output"}, Option{'D', "", "", ""}};

std::string own_name(const char* argv0)
{
    const char* service = ::getenv("CYRUS_SERVICE");
    if (service != nullptr && *service != '\0') return service;
    std::string name = argv0 == nullptr ? "rookery" : argv0;
    return name.substr(name.rfind('/') + 1);
}

unsigned number_option(char letter, std::string_view text)
{
    auto n = to_number<unsigned>(text, 1'000'000'000);
    if (!n) log::fatal(log::kExUsage, cat("-", letter, " ", text, ": ", n.error().text));
    return *n;
}

}  // namespace

Result<mode_t> parse_umask(std::string_view text)
{
    unsigned mode = 0;
    for (char c : text) {
        if (c < '0' || c > '7' || mode > 077)
            return Error{Code::config, "umask: octal is expected"};
        mode = mode * 8 + static_cast<unsigned>(c - '0');
    }
    return static_cast<mode_t>(mode);
}

Setup read_arguments(int argc, char** argv, const std::vector<Option>& extra,
                     const OptionTaker& take)
{
    install_panic_handlers();
    Setup setup;
    setup.ident = own_name(argc > 0 ? argv[0] : nullptr);
    log::open(setup.ident);
    std::vector<Option> options(kOfAll.begin(), kOfAll.end());
    options.insert(options.end(), extra.begin(), extra.end());
    const Program program = {setup.ident, "a daemon that master starts from cyrus.conf", options,
                             ""};
    const CommandLine line(program, argc, argv);
    setup.config_path = line.value("C", config::default_path());
    if (line.has("U")) setup.max_uses = number_option('U', line.value("U"));
    if (line.has("T")) setup.timeout = number_option('T', line.value("T"));
    setup.stdio = line.has("X");
    for (const Option& option : extra) {
        const std::string_view letter(&option.letter, 1);
        if (!line.has(letter)) continue;
        const Status taken = take(option.letter, line.value(letter));
        if (!taken) log::fatal(log::kExUsage, taken.error().text);
    }
    if (::geteuid() == 0)
        log::fatal(log::kExConfig,
                   cat(setup.ident, " does not run as root: start it through master, "
                                    "which gives up root for cyrus_user, or as that user"));
    return setup;
}

void open_log(const Setup& setup, const config::Config& config)
{
    config::open_log(config, setup.ident);
    const char* verbose = ::getenv("CYRUS_VERBOSE");
    if (config.debug())
        log::set_level(log::Level::debug);
    else if (verbose != nullptr && *verbose != '\0' && *verbose != '0')
        log::set_level(log::Level::info);
}

config::Config load_config(const Setup& setup)
{
    auto config = config::Config::load(setup.config_path, setup.ident);
    if (!config) log::fatal(log::kExConfig, config.error().text);
    open_log(setup, *config);
    const auto mask = parse_umask(config->umask());
    if (!mask) log::fatal(log::kExConfig, mask.error().text);
    ::umask(*mask);
    return *std::move(config);
}

}  // namespace rookery::service
