#include "lib/base/panic_line.h"

#include <unistd.h>

#include <string>

namespace rookery {
namespace {

void to_stderr(std::string_view reason)
{
    const std::string line = "error: panic: " + std::string(reason) + '\n';
    if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;  // nowhere left to say so
}

PanicLine line = to_stderr;

}  // namespace

void set_panic_line(PanicLine write)
{
    line = write;
}

void write_panic_line(std::string_view reason)
{
    line(reason);
}

}  // namespace rookery
