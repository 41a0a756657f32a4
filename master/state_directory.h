// The directories that daemons expect below configdirectory, made by master when they are missing.
//
// As root they are given to the daemons' user, but only those that master has made itself.
#ifndef ROOKERY_MASTER_STATE_DIRECTORY_H
#define ROOKERY_MASTER_STATE_DIRECTORY_H

#include <string>

#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/service/run_as.h"

namespace rookery::master {

// configdirectory itself must exist (config).
Status make_state_directory(const config::Config& config, const service::RunAs* user);
// A file that the daemons can append to.
Status make_log_file(const std::string& path, const service::RunAs* user);

}  // namespace rookery::master

#endif
