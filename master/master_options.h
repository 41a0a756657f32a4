// The command line of master(8).
#ifndef ROOKERY_MASTER_MASTER_OPTIONS_H
#define ROOKERY_MASTER_MASTER_OPTIONS_H

#include <string>

#include "lib/service/listen.h"

namespace rookery::master {

struct MasterOptions {
    std::string imapd_conf;
    std::string cyrus_conf;
    std::string pid_file;    // "" = by imapd.conf, else the built-in one
    std::string ready_file;  // "" = by imapd.conf, else none
    std::string log_file;
    int backlog = service::kBacklog;
    bool daemonise = false;
    bool only_check = false;
    unsigned verbose = 0;
};

// Prints a usage line and ends the process (64) when it is wrong; -V prints the version (0). Paths
// come out absolute.
MasterOptions parse_master_options(int argc, char** argv);

}  // namespace rookery::master

#endif
