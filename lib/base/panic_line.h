// The line that a process writes before panic() ends it. It goes to stderr until the process has
// said who writes it (panic.h: the log). Set before any thread exists; cannot fail.
#ifndef ROOKERY_LIB_BASE_PANIC_LINE_H
#define ROOKERY_LIB_BASE_PANIC_LINE_H

#include <string_view>

namespace rookery {

using PanicLine = void (*)(std::string_view reason);
void set_panic_line(PanicLine write);
void write_panic_line(std::string_view reason);

}  // namespace rookery

#endif
