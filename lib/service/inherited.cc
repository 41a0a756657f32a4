// The environment that master sets.
#include "lib/service/inherited.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/service/status_pipe.h"

namespace rookery::service {
namespace {

unsigned number_from(const char* name)
{
    const char* text = ::getenv(name);
    if (text == nullptr) return 0;
    return to_number<unsigned>(text, 1'000'000).value_or(0);
}

std::string text_from(const char* name)
{
    const char* text = ::getenv(name);
    return text == nullptr ? "" : text;
}

}  // namespace

std::optional<Inherited> take_inherited()
{
    unsigned count = number_from("ROOKERY_LISTENERS");
    if (count == 0 || count > 256) return std::nullopt;
    Inherited in;
    in.service = text_from("CYRUS_SERVICE");
    in.program = text_from("ROOKERY_PROGRAM");
    in.prefork = number_from("ROOKERY_PREFORK");
    in.max_children = number_from("ROOKERY_MAXCHILD");
    in.fork_rate = number_from("ROOKERY_MAXFORKRATE");
    in.slow = number_from("ROOKERY_SLOW") != 0;
    in.replaces_complete = number_from("ROOKERY_REPLACES") != 0;
    for (unsigned i = 0; i < count; i++)
        in.listeners.emplace_back(kFirstListenerFd + static_cast<int>(i));
    std::string worker = text_from("ROOKERY_WORKER");
    auto parts = split(worker, ',');
    if (parts.size() == 2) {
        in.life.reset(static_cast<int>(to_number<unsigned>(parts[0], 65535).value_or(0)));
        in.report.reset(static_cast<int>(to_number<unsigned>(parts[1], 65535).value_or(0)));
        if (!set_cloexec(in.life.get(), true) || !set_cloexec(in.report.get(), true))
            return std::nullopt;
    } else {
        in.status.reset(kStatusFd);
        if (!set_cloexec(kStatusFd, true)) return std::nullopt;
    }
    for (const Fd& fd : in.listeners)
        if (!set_cloexec(fd.get(), true)) return std::nullopt;
    // A program that the daemon starts must not take itself for a child of master.
    for (const char* name :
         {"ROOKERY_LISTENERS", "ROOKERY_PROGRAM", "ROOKERY_PREFORK", "ROOKERY_MAXCHILD",
          "ROOKERY_MAXFORKRATE", "ROOKERY_SLOW", "ROOKERY_REPLACES", "ROOKERY_WORKER"})
        ::unsetenv(name);
    return in;
}

void tell_what_is_lacking(const std::string& reason, const Inherited& inherited, bool can_serve)
{
    if (reason.empty() || inherited.is_worker()) return;
    (void)send_lacking(inherited.status.get(), reason);
    if (!can_serve || inherited.replaces_complete) ::_exit(log::kExConfig);
}

}  // namespace rookery::service
