// The agent: on a server with mailboxes, `ctl_mboxlist -s` each mupdate_agent_interval, whatever
// cyrus.conf says, so that what a crash has cut short is completed or undone, and the mupdate
// master hears what it missed while it was away, without a command.
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
