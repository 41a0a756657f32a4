#include "master/agent.h"

#include "lib/config/murder_role.h"

namespace rookery::master {

void add_agent(Conf& conf, const config::Config& config, const std::string& imapd_conf)
{
    if (!config::tells_master(config) && config.partitions().empty()) return;
    EventEntry agent;
    agent.name = "agent";
    agent.argv = {"ctl_mboxlist", "-C", imapd_conf, "-s"};
    agent.period = static_cast<unsigned>(config.mupdate_agent_interval().count());
    conf.events.push_back(std::move(agent));
}

}  // namespace rookery::master
