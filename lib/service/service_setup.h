// What every daemon does before it serves: argv, configuration, log, refusing root.
//
// Options that all daemons have: -C imapd.conf, -U uses, -T seconds, -X (serve standard input and
// output once), -D (accepted), --help, --version. Used by service_main and threaded_main only.
#ifndef ROOKERY_LIB_SERVICE_SERVICE_SETUP_H
#define ROOKERY_LIB_SERVICE_SERVICE_SETUP_H

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/command_line.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::service {

struct Setup {
    std::string ident;  // entry name in cyrus.conf, or the program's own name
    std::string config_path;
    unsigned max_uses = 250;  // clients of one worker; 0: no limit
    unsigned timeout = 60;    // seconds that an idle worker stays; 0: for ever
    bool stdio = false;
};

using OptionTaker = std::function<Status(char letter, std::string_view argument)>;

// Ends the process on a wrong option (64) and when run as root (78).
Setup read_arguments(int argc, char** argv, const std::vector<Option>& extra,
                     const OptionTaker& take);
// Opens the log, loads the configuration, sets the umask. Ends the process with 78 on an error.
config::Config load_config(const Setup& setup);
// "027". Code::config.
Result<mode_t> parse_umask(std::string_view text);
void open_log(const Setup& setup, const config::Config& config);

}  // namespace rookery::service

#endif
