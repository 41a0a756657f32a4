// Handlers for the two ends that cannot be handled: out of memory (one log line, exit 75) and
// terminate (one log line, abort). Called once by each main. panic() itself is in result.h.
#ifndef ROOKERY_LIB_BASE_PANIC_H
#define ROOKERY_LIB_BASE_PANIC_H

namespace rookery {

void install_panic_handlers();

}  // namespace rookery

#endif
