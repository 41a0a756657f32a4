// Events that a server has whatever cyrus.conf says, so that what was begun comes to its end
// without a command.
//
// With mailboxes: the agent, `ctl_mboxlist -s` each mupdate_agent_interval: what a crash has cut
// short is completed or undone, and the mupdate master hears what it missed while it was away. And
// `rookery-submit` each minute, unless cyrus.conf has an event of its own for it: mail that could
// not be sent at once. With newspeer `rookery-feed`, in the same way: articles that no peer took
// yet.
#ifndef ROOKERY_MASTER_OWN_EVENTS_H
#define ROOKERY_MASTER_OWN_EVENTS_H

#include <string>

#include "lib/config/config.h"
#include "master/conf.h"

namespace rookery::master {

// Adds them to conf's events. config was read from imapd_conf.
void add_own_events(Conf& conf, const config::Config& config, const std::string& imapd_conf);

}  // namespace rookery::master

#endif
