// How a process ended, in words.
#ifndef ROOKERY_LIB_SERVICE_REAPER_H
#define ROOKERY_LIB_SERVICE_REAPER_H

#include <sys/types.h>

#include <functional>
#include <string>

namespace rookery::service {

// status as from waitpid(2): "exit code 75", "signal 11 (Segmentation fault)".
std::string describe_exit(int status);
// Neither a signal nor an exit code other than 0 and 75.
bool ended_well(int status);

// Calls ended for every child that has ended.
void reap_all(const std::function<void(pid_t pid, int status)>& ended);

}  // namespace rookery::service

#endif
