// The end of a process whose invariants do not hold, and of one without memory.
#include "lib/base/panic.h"

#include <stdlib.h>
#include <unistd.h>

#include <exception>
#include <new>

#include "lib/base/log.h"
#include "lib/base/result.h"

namespace rookery {

void panic(std::string_view what)
{
    log::error("panic", {{"reason", what}});
    ::abort();
}

void install_panic_handlers()
{
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
