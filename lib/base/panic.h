// Handlers for the ends that cannot be handled: out of memory (one log line, exit 75), terminate
// (one log line, abort) and panic(), which is in result.h (its line goes to the log). Called once
// by each main.
#ifndef ROOKERY_LIB_BASE_PANIC_H
#define ROOKERY_LIB_BASE_PANIC_H

namespace rookery {

void install_panic_handlers();

}  // namespace rookery

#endif
