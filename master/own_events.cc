#include "master/own_events.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "lib/config/murder_role.h"

namespace rookery::master {
namespace {

constexpr std::string_view kSubmit = "rookery-submit";
constexpr std::string_view kFeed = "rookery-feed";
constexpr unsigned kQueuePeriod = 60;

bool is_run(const Conf& conf, std::string_view program)
{
    return std::any_of(conf.events.begin(), conf.events.end(), [&](const EventEntry& event) {
        if (event.argv.empty()) return false;
        const std::string_view path = event.argv.front();
        return path.substr(path.rfind('/') + 1) == program;
    });
}

void add(Conf& conf, std::string name, Argv argv, unsigned period)
{
    EventEntry event;
    event.name = std::move(name);
    event.argv = std::move(argv);
    event.period = period;
    conf.events.push_back(std::move(event));
}

}  // namespace

void add_own_events(Conf& conf, const config::Config& config, const std::string& imapd_conf)
{
    const bool has_mail = !config.partitions().empty();
    if (config::tells_master(config) || has_mail)
        add(conf, "agent", {"ctl_mboxlist", "-C", imapd_conf, "-s"},
            static_cast<unsigned>(config.mupdate_agent_interval().count()));
    if (has_mail && !is_run(conf, kSubmit))
        add(conf, "submit", {std::string(kSubmit), "-C", imapd_conf}, kQueuePeriod);
    if (!config.newspeer().empty() && !is_run(conf, kFeed))
        add(conf, "feed", {std::string(kFeed), "-C", imapd_conf}, kQueuePeriod);
}

}  // namespace rookery::master
