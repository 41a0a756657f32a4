// The end of a process whose invariants do not hold, and of one without memory.
#include "lib/base/panic.h"

#include <stdlib.h>
#include <unistd.h>

#include <exception>
#include <new>

#include "lib/base/log.h"
#include "lib/base/panic_line.h"

namespace rookery {

void install_panic_handlers()
{
    set_panic_line([](std::string_view reason) { log::error("panic", {{"reason", reason}}); });
    std::set_new_handler([] {
        log::error("panic", {{"reason", "out of memory"}});
        ::_exit(log::kExTempFail);
    });
    std::set_terminate([] {
        log::error("panic", {{"reason", "terminate"}});
        ::abort();
    });
}

}  // namespace rookery
