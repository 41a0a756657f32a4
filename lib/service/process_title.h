// The title of this process: what ps(1) shows instead of its command.
//
// setproctitle(3) where there is one. Elsewhere the title is written over the arguments and the
// environment, which the kernel has put one behind the other; init() copies both first. Where they
// do not lie so, or init() was not called, nothing is shown and nothing fails. Any local user may
// read a title. Thread rule: init() before anything else keeps a pointer into argv or the
// environment, in a process of one thread; set() in one thread.
#ifndef ROOKERY_LIB_SERVICE_PROCESS_TITLE_H
#define ROOKERY_LIB_SERVICE_PROCESS_TITLE_H

#include <string_view>

namespace rookery::service::process_title {

// Gives the arguments to use from now on; they live as long as the process.
char** init(int argc, char** argv);
// "program: text", cut to what fits; control characters come out as "?".
void set(std::string_view text);

}  // namespace rookery::service::process_title

#endif
