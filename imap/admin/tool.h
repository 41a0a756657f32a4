// What the administrator's commands share: their configuration, their user, their output.
//
// They run as the owner of the state directory: what root makes the daemons could not read.
// One thread; for mains only.
#ifndef ROOKERY_IMAP_ADMIN_TOOL_H
#define ROOKERY_IMAP_ADMIN_TOOL_H

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::admin {

void print(std::string_view text);     // standard output
void complain(std::string_view text);  // standard error
// Called before each of both writes; null: nothing. For Progress, whose line has to go first.
void before_printing(void (*hide)());
// All of standard input. limit: over 4 GiB.
Result<std::string> read_input();
// Reads the configuration, opens the log under this name and takes the state directory's owner for
// its user. A wrong configuration ends the program with 78, and says why.
config::Config start(const std::string& config_path, std::string_view name);
// Says the error under the tool's name, logs it; returns 1 for main to return.
int failed(std::string_view name, const Error& error);

}  // namespace rookery::admin

#endif
