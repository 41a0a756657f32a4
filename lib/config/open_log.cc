// The log as a configuration has it.
#include "lib/config/open_log.h"

#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::config {

std::string log_ident(const Config& config, std::string_view ident)
{
    const std::string prefix(config.syslog_prefix());
    return prefix.empty() ? std::string(ident) : cat(prefix, '/', ident);
}

void open_log(const Config& config, std::string_view ident)
{
    log::open(log_ident(config, ident), config.syslog_facility());
    log_remarks(config);
}

void log_remarks(const Config& config)
{
    if (!config.unknown().empty()) {
        std::string names;
        for (const std::string& name : config.unknown())
            cat_to(names, names.empty() ? "" : " ", name);
        log::warning("options that are not known", {{"file", config.path()}, {"names", names}});
    }
    for (const std::string& name : config.outdated())
        log::notice("an option has another name now", {{"file", config.path()}, {"name", name}});
}

}  // namespace rookery::config
