// The log as a configuration has it. One thread.
#ifndef ROOKERY_LIB_CONFIG_OPEN_LOG_H
#define ROOKERY_LIB_CONFIG_OPEN_LOG_H

#include <string>
#include <string_view>

#include "lib/config/config.h"

namespace rookery::config {

// "<syslog_prefix>/<ident>", or ident alone.
std::string log_ident(const Config& config, std::string_view ident);
// Opens it under that name, and tells it what log_remarks() has.
void open_log(const Config& config, std::string_view ident);
// What the file says and nobody reads, and what has another name now; where the log is open.
void log_remarks(const Config& config);

}  // namespace rookery::config

#endif
