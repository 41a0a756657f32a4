// The agent: on a backend, `ctl_mboxlist -s` each mupdate_agent_interval, whatever cyrus.conf says,
// so that the mupdate master hears what it missed while it was away without a command (RULES 4.1).
// A server in another role has none.
#ifndef ROOKERY_MASTER_AGENT_H
#define ROOKERY_MASTER_AGENT_H

#include <string>

#include "lib/config/config.h"
#include "master/conf.h"

namespace rookery::master {

// Adds it to conf's events. config was read from imapd_conf.
void add_agent(Conf& conf, const config::Config& config, const std::string& imapd_conf);

}  // namespace rookery::master

#endif
