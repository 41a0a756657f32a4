// What imapd.conf makes of a server in its murder (doc/protocols/cyrus.md 11): mupdate_server
// without proxyservers is a frontend, with them a backend; mupdate_config says otherwise.
#ifndef ROOKERY_LIB_CONFIG_MURDER_ROLE_H
#define ROOKERY_LIB_CONFIG_MURDER_ROLE_H

#include "lib/config/config.h"

namespace rookery::config {

// This server's own mailboxes are told to a mupdate master.
bool tells_master(const Config& config);
// This server's list follows the master's: it can be asked to catch up.
bool holds_replica(const Config& config);

}  // namespace rookery::config

#endif
