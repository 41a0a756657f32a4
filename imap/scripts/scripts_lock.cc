#include "imap/scripts/scripts_lock.h"

#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::scripts {

Result<ScriptsLock> ScriptsLock::take(const std::string& lock_folder,
                                      std::span<const std::string> folders, Milliseconds wait)
{
    TRY(make_directories(lock_folder));
    TRY_ASSIGN(ByteLocks opened, ByteLocks::open(cat(lock_folder, "/scripts")));
    auto locks = std::make_unique<ByteLocks>(std::move(opened));
    auto held = locks->lock(folders, Deadline::after(wait));
    if (held.is(Code::busy)) return Error{Code::busy, "another process changes these scripts"};
    if (!held) return held.error();
    return ScriptsLock(std::move(locks), *std::move(held));
}

}  // namespace rookery::scripts
